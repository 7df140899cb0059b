//! The page can be read in light and in dark.

/// The share of light that a colour gives back, as WCAG 2 reckons it.
fn luminance(hex: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn every_text_stands_out_in_light_and_dark() {
    let css = include_str!("../../templates/style.css");
    let (light, dark) = css
        .split_once("@media (prefers-color-scheme: dark)")
        .unwrap();
    for scheme in [light, dark] {
        let colour = |name: &str| {
            let value = scheme.split(&format!("--{name}: #")).nth(1);
            luminance(&value.unwrap_or_else(|| panic!("no {name}"))[..6])
        };
        let mut pairs = vec![];
        for ground in ["page", "sheet"] {
            for ink in [
                "text", "quiet", "accent", "healthy", "warning", "critical", "unknown",
            ] {
                pairs.push((ink.to_owned(), ground.to_owned()));
            }
        }
        for status in ["healthy", "warning", "critical", "unknown"] {
            pairs.push((status.to_owned(), format!("{status}-tint")));
            pairs.push(("text".to_owned(), format!("{status}-tint")));
        }
        for (ink, ground) in pairs {
            let (a, b) = (colour(&ink), colour(&ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{ink} on {ground}: {contrast:.2}");
        }
    }
}

//! The report in a real browser: at the widths of a desk and of a phone, in light and in dark.
//!
//! The browser is Debian's chromium. Where there is none the tests say so and pass, unless the
//! environment has `CI` or `ROLLCALL_REQUIRE_BROWSER`. The pictures are kept in
//! `target/report-in-a-browser`, to be looked at.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::tempdir;

use super::{
    report::{MONTH, installed},
    rollcall,
};

/// What a browser made of a page.
#[derive(Debug)]
struct Seen {
    /// The width and height that the page wants.
    width: u32,
    height: u32,
    text: String,
    /// Addresses of other machines that were asked for.
    outside: Vec<String>,
}

/// The browser, if it is there.
fn chromium() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        let is_required = ["CI", "ROLLCALL_REQUIRE_BROWSER"]
            .iter()
            .any(|name| env::var_os(name).is_some());
        let advice = "chromium is not installed; install it by `apt-get install chromium`";
        assert!(!is_required, "{advice}");
        // Past the capture of the tests' output, which nobody reads when they pass.
        let warning = format!("\nNOT TESTED: no report was looked at, because {advice}\n");
        std::io::stderr().write_all(warning.as_bytes()).unwrap();
    }
    found
}

/// Shows a page in a frame of a width, which tells how large the page would be.
fn show(browser: &str, page: &str, size: (u32, u32), dark: bool, picture: Option<&Path>) -> Seen {
    let here = tempdir().unwrap();
    let frame = format!(
        "<body style=\"margin:0\"><iframe style=\"border:0;display:block;width:{}px;height:{}px\" \
         srcdoc=\"{}\"></iframe><script>addEventListener('load', () => {{\
         const page = document.querySelector('iframe').contentDocument;\
         document.body.append(JSON.stringify([page.documentElement.scrollWidth, \
         page.documentElement.scrollHeight, page.body.innerText]));}})</script>",
        size.0,
        size.1,
        page.replace('&', "&amp;").replace('"', "&quot;")
    );
    let file = here.path().join("frame.html");
    fs::write(&file, frame).unwrap();
    let net_log = here.path().join("net.json");
    let mut command = Command::new("timeout");
    command
        .args([
            "60",
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .args([
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ])
        .arg(format!(
            "--blink-settings=preferredColorScheme={}",
            u8::from(!dark)
        ))
        .arg(format!("--window-size={},{}", size.0, size.1))
        .arg(format!(
            "--user-data-dir={}",
            here.path().join("profile").display()
        ))
        .arg(format!("--log-net-log={}", net_log.display()));
    command.args(picture.map(|picture| format!("--screenshot={}", picture.display())));
    let ended = command.arg("--dump-dom").arg(&file).output().unwrap();
    let dom = String::from_utf8(ended.stdout).unwrap();
    let told = dom.rsplit("</script>").next().unwrap();
    let told = told.split("</body>").next().unwrap().trim();
    let told = told
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    let (width, height, text) = serde_json::from_str(&told).unwrap_or_else(|error| {
        panic!(
            "{error}: {told}\n{}",
            String::from_utf8_lossy(&ended.stderr)
        )
    });
    Seen {
        width,
        height,
        text,
        outside: outside(&fs::read_to_string(net_log).unwrap()),
    }
}

/// The addresses in a log of the browser's, without those that it asks for by itself.
fn outside(net_log: &str) -> Vec<String> {
    const ITS_OWN: [&str; 4] = ["google.com", "googleapis.com", "gstatic.com", "gvt1.com"];
    let addresses = net_log.split("\"url\":\"").skip(1);
    addresses
        .filter_map(|rest| rest.split('"').next())
        .filter(|address| address.starts_with("http") || address.starts_with("ws"))
        .filter(|address| {
            let host = address.split('/').nth(2).unwrap_or_default();
            !ITS_OWN.iter().any(|own| host.ends_with(own))
        })
        .map(str::to_owned)
        .collect()
}

fn pictures() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("report-in-a-browser");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn the_report_fits_desk_and_phone_and_loads_nothing() {
    let Some(browser) = chromium() else { return };
    for (name, history) in [("month", MONTH), ("empty", "")] {
        let (here, url) = installed(&format!("browser_{name}"), history).await;
        assert_eq!(rollcall(here.path(), Some(&url), &["report"]).status, 0);
        let page = fs::read_to_string(here.path().join("rollcall-report.html")).unwrap();
        for (device, width) in [("desk", 1280), ("phone", 360)] {
            for (scheme, dark) in [("light", false), ("dark", true)] {
                let seen = show(browser, &page, (width, 800), dark, None);
                assert_eq!(
                    seen.width, width,
                    "{name}: something is wider than a {device}"
                );
                assert_eq!(seen.outside, Vec::<String>::new());
                let picture = pictures().join(format!("{name}-{device}-{scheme}.png"));
                show(browser, &page, (width, seen.height), dark, Some(&picture));
                assert!(picture.metadata().unwrap().len() > 10_000);
                let wanted = if name == "month" {
                    "14 users can sign in"
                } else {
                    "nothing is known"
                };
                assert!(seen.text.contains(wanted), "{}", seen.text);
            }
        }
    }
}

/// What the test above would miss if it could not see.
#[test]
fn a_page_that_loads_something_or_is_too_wide_is_noticed() {
    let Some(browser) = chromium() else { return };
    let page = "<img src=\"http://outside.example/x.png\"><p style=\"width:900px\">wide";
    let seen = show(browser, page, (360, 800), false, None);
    assert!(
        seen.outside
            .iter()
            .any(|url| url.contains("outside.example")),
        "{seen:?}"
    );
    assert!(seen.width > 360, "{seen:?}");
    let forbidden = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">{page}"
    );
    assert_eq!(
        show(browser, &forbidden, (360, 800), false, None).outside,
        Vec::<String>::new()
    );
}

#[test]
fn dark_and_light_are_told_apart() {
    let Some(browser) = chromium() else { return };
    let page = "<style>i, b { display: none } @media (prefers-color-scheme: dark) { b { display: inline } } \
        @media (prefers-color-scheme: light) { i { display: inline } }</style><b>dark</b><i>light</i>";
    for (dark, expected) in [(true, "dark"), (false, "light")] {
        assert_eq!(show(browser, page, (360, 800), dark, None).text, expected);
    }
}

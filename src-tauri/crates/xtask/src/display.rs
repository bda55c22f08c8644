//! A screen that nobody sees: the tests open real windows on it, never on the developer's.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;
use crate::step::announce;

/// An X server that chooses a free number and writes it to its standard output.
const SCREEN: &str = "Xvfb -displayfd 1 -screen 0 1920x1080x24 -nolisten tcp -noreset";
/// A message bus that writes its address to its standard output.
const BUS: &str = "dbus-daemon --session --nofork --nopidfile --print-address";

/// A private X server and message bus on Linux; elsewhere nothing, because windows open on the real screen there.
///
/// Both end with this value. They also end when this tool is killed: the kernel is asked to see to it.
pub struct Display {
    servers: Vec<Child>,
    environment: Vec<(&'static str, String)>,
}

impl Display {
    /// Starts both servers and waits until they answer.
    ///
    /// # Errors
    /// [`Failure::NotStarted`] when one of them cannot be started or ends at once.
    pub fn open() -> Result<Display, Failure> {
        let mut display = Display {
            servers: Vec::new(),
            environment: Vec::new(),
        };
        if !cfg!(target_os = "linux") {
            return Ok(display);
        }
        let number = display.serve(SCREEN)?;
        let bus = display.serve(BUS)?;
        announce(&format!("screen :{number}, message bus {bus}"));
        display.environment = environment(&number, bus);
        Ok(display)
    }

    /// Gives a program this screen instead of the developer's.
    pub fn shown_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if !self.environment.is_empty() {
            command.env_remove("WAYLAND_DISPLAY");
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }

    /// Starts a server and returns the first line it writes.
    fn serve(&mut self, line: &str) -> Result<String, Failure> {
        let not_started = |source| Failure::NotStarted {
            program: line.to_owned(),
            source,
        };
        let mut server = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .args(line.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(not_started)?;
        // The pipe stays with the process: a server that writes again must not be ended by it.
        let output = server
            .stdout
            .as_mut()
            .expect("the output was asked for as a pipe");
        let mut answer = String::new();
        let length = BufReader::new(output).read_line(&mut answer).map_err(not_started);
        self.servers.push(server);
        let length = length?;
        if length == 0 {
            return Err(not_started(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(answer.trim().to_owned())
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // Asked, not killed: an X server that is killed leaves its lock and socket behind.
            let asked = Command::new("kill").arg(server.id().to_string()).status();
            if !asked.is_ok_and(|status| status.success()) {
                // An error means that it has ended already.
                let _ = server.kill();
            }
            let _ = server.wait();
        }
    }
}

/// What a program must know to open its window there and nowhere else.
fn environment(display_number: &str, bus: String) -> Vec<(&'static str, String)> {
    vec![
        ("DISPLAY", format!(":{display_number}")),
        ("DBUS_SESSION_BUS_ADDRESS", bus),
        ("GDK_BACKEND", "x11".to_owned()),
        ("NO_AT_BRIDGE", "1".to_owned()),
        ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".to_owned()),
    ]
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_program_is_told_of_the_private_screen_only() {
        let display = Display {
            servers: Vec::new(),
            environment: environment("42", "unix:path=/b".to_owned()),
        };
        let mut command = Command::new("true");
        display.shown_to(&mut command);
        let told: Vec<_> = command.get_envs().collect();
        assert!(told.contains(&("DISPLAY".as_ref(), Some(":42".as_ref()))));
        assert!(told.contains(&("WAYLAND_DISPLAY".as_ref(), None)));
    }

    #[test]
    fn the_screen_and_the_bus_are_there_while_it_is_open_and_leave_nothing_behind() {
        let display = Display::open().unwrap();
        let number = display.environment[0].1.trim_start_matches(':').to_owned();
        let socket = format!("/tmp/.X11-unix/X{number}");
        let servers: Vec<String> = display
            .servers
            .iter()
            .map(|server| format!("/proc/{}", server.id()))
            .collect();
        assert!(Path::new(&socket).exists());
        assert!(display.environment[1].1.starts_with("unix:"));
        drop(display);
        assert!(!Path::new(&socket).exists());
        assert!(servers.iter().all(|server| !Path::new(server).exists()));
    }
}

//! A screen and a message bus for windows, where the runner has not brought them.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::ErrorKind;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState};

/// A private X server and message bus; nothing of it where the environment names them already.
#[derive(Debug)]
pub struct Screen {
    servers: Vec<Child>,
    environment: Vec<(&'static str, String)>,
}

impl Screen {
    /// Starts what is missing and waits until it answers.
    ///
    /// # Panics
    /// When a server cannot be started or ends at once.
    #[must_use]
    pub fn open() -> Screen {
        let mut screen = Screen {
            servers: Vec::new(),
            environment: vec![
                ("GDK_BACKEND", "x11".to_owned()),
                ("NO_AT_BRIDGE", "1".to_owned()),
                ("WEBKIT_DISABLE_DMABUF_RENDERER", "1".to_owned()),
            ],
        };
        let has = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !has("DISPLAY") {
            let number = screen.serve("Xvfb -displayfd 1 -screen 0 1920x1080x24 -nolisten tcp -noreset");
            screen.environment.push(("DISPLAY", format!(":{number}")));
        }
        if !has("DBUS_SESSION_BUS_ADDRESS") {
            let bus = screen.serve("dbus-daemon --session --nofork --nopidfile --print-address");
            screen.environment.push(("DBUS_SESSION_BUS_ADDRESS", bus));
        }
        screen
    }

    /// Gives a program this screen and no other.
    pub fn shown_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_remove("WAYLAND_DISPLAY");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }

    /// Asks the window of a process to close, as the button in its frame does. Whether it has one.
    ///
    /// # Panics
    /// When the X server does not answer.
    #[must_use]
    pub fn close_window_of(&self, pid: u32) -> bool {
        let ours = self.environment.iter().find(|(name, _)| *name == "DISPLAY");
        match ask_to_close(ours.map(|(_, display)| display.as_str()), pid) {
            Ok(has_window) => has_window,
            // One that was listed was gone when it was asked about, of whatever process: whoever waits asks again.
            Err(error) if is_gone(&*error) => false,
            Err(error) => panic!("the X server answers: {error}"),
        }
    }

    /// Starts a server that ends with this thread at the latest, and returns the first line it writes.
    fn serve(&mut self, line: &str) -> String {
        let mut server = Command::new("setpriv")
            .args(["--pdeathsig", "TERM"])
            .args(line.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        // The pipe stays with the process: a server that writes again must not be ended by it.
        let output = server
            .stdout
            .as_mut()
            .expect("the output was asked for as a pipe");
        let mut answer = String::new();
        let read = BufReader::new(output).read_line(&mut answer);
        self.servers.push(server);
        assert!(read.is_ok_and(|length| length > 0), "{line}: ended at once");
        answer.trim().to_owned()
    }
}

/// The close request of ICCCM 4.2.8.1; without a `display` it is the one of the environment.
fn ask_to_close(display: Option<&str>, pid: u32) -> Result<bool, Box<dyn Error>> {
    let (server, screen) = x11rb::connect(display)?;
    let root = server.setup().roots[screen].root;
    let atom = |name: &str| -> Result<u32, Box<dyn Error>> {
        Ok(server.intern_atom(false, name.as_bytes())?.reply()?.atom)
    };
    let (process, protocols, delete) = (
        atom("_NET_WM_PID")?,
        atom("WM_PROTOCOLS")?,
        atom("WM_DELETE_WINDOW")?,
    );
    let numbers = |window, property| -> Result<Vec<u32>, Box<dyn Error>> {
        let value = server
            .get_property(false, window, property, AtomEnum::ANY, 0, 32)?
            .reply()?;
        Ok(value.value32().map(Iterator::collect).unwrap_or_default())
    };
    for window in server.query_tree(root)?.reply()?.children {
        let is_open = server.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
        if is_open && numbers(window, process)? == [pid] && numbers(window, protocols)?.contains(&delete) {
            let wish = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
            server.send_event(false, window, EventMask::NO_EVENT, wish)?;
            server.flush()?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_gone(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Window)
}

impl Drop for Screen {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // Asked, not killed: an X server that is killed leaves its lock and socket behind. One that has
            // ended already needs nothing.
            let _ = kill_process(Pid::from_child(server), Signal::TERM);
            let _ = server.wait();
        }
    }
}

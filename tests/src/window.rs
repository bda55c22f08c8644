//! The running program, seen through its driver.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use crate::screen::Screen;
use crate::wait::{PATIENCE, until};
use crate::webdriver::{Refused, Session};

/// A real window. Dropping it ends the program at once, as a power cut would.
#[derive(Debug)]
pub struct Window {
    driver: Child,
    session: Session,
    pid: u32,
}

impl Window {
    /// Starts a driver and has it start `binary`, found in `PATH`, which becomes the program.
    ///
    /// # Panics
    /// When the window does not open; the message has what driver and program wrote.
    pub(crate) fn open(screen: &Screen, log: &Path, binary: &str, arguments: &[String]) -> Window {
        let port = free_port();
        let output = File::create(log).expect("the stage's folder is writable");
        let errors = output.try_clone().expect("a handle can be doubled");
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "WebKitWebDriver"])
            .arg(format!("--port={port}"))
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        let driver = screen
            .shown_to(&mut command)
            .spawn()
            .expect("setpriv and the driver are installed");
        let mut starting = Starting(Some(driver));
        until("the driver listens", PATIENCE, || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let session = Session::start(port, binary, arguments).unwrap_or_else(|Refused(why)| {
            let said = fs::read_to_string(log).unwrap_or_default();
            panic!("the window did not open: {why}\n{said}")
        });
        let driver = starting.0.take().expect("taken only here");
        let pid = until("the program runs", PATIENCE, || program_of(driver.id()));
        let window = Window { driver, session, pid };
        window.wait_for("[data-testid^=screen-]:not([data-testid=screen-starting])");
        window
    }

    /// The program's process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The driver's session, for calls that may fail.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Ends the program as `kill -9` does and returns when it is gone.
    pub fn kill(self) {
        let pid = Pid::from_raw(self.pid.cast_signed()).expect("no process has the number 0");
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::KILL);
        // Until then it holds its lock and its files; what is left of it has no program any more.
        let program = format!("/proc/{}/exe", self.pid);
        until("the killed program is gone", PATIENCE, || {
            fs::read_link(&program).is_err().then_some(())
        });
    }

    /// Processor time of the program's own process so far, user and system, without its webview's processes.
    ///
    /// # Panics
    /// When it runs no more.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).expect("the program runs");
        // proc(5): after the name in brackets comes field 3; 14 and 15 are utime and stime in clock ticks.
        let (_, fields) = stat.rsplit_once(") ").expect("the name ends with a bracket");
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().expect("a number of ticks"))
            .sum();
        Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
    }

    /// Presses keys: characters as they are, others by the signs of [`crate::keys::SIGNS`].
    ///
    /// # Panics
    /// When the window is gone.
    pub fn press(&self, keys: &str) {
        self.session.press(keys).expect("the window takes keys");
    }

    /// Types a code and Enter as a hand scanner does: all keys at once, which no WebDriver call does reliably.
    ///
    /// # Panics
    /// When the window is gone.
    pub fn scan_by_hand(&self, code: &str) {
        const SCRIPT: &str = "for (const key of [...arguments[0], 'Enter']) document.body.dispatchEvent(\
            new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));";
        self.execute(SCRIPT, &[Value::from(code)]);
    }

    /// Runs the body of a function in the window.
    ///
    /// # Panics
    /// When it throws or the window is gone.
    pub fn execute(&self, script: &str, arguments: &[Value]) -> Value {
        self.session
            .execute(script, arguments)
            .unwrap_or_else(|Refused(why)| panic!("{script}: {why}"))
    }

    /// Calls a command as the screens do. `Err` holds what it was refused with.
    ///
    /// # Errors
    /// The refusal, as JSON.
    ///
    /// # Panics
    /// When the window is gone.
    pub fn invoke(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        const SCRIPT: &str = "const [command, values, done] = arguments; \
            window.__TAURI_INTERNALS__.invoke(command, values) \
              .then((value) => done({ value: value ?? null }), (error) => done({ error }));";
        let mut answer = self
            .session
            .execute_async(SCRIPT, &[command.into(), arguments])
            .unwrap_or_else(|Refused(why)| panic!("{command}: {why}"));
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["value"].take()),
        }
    }

    /// How many elements match now.
    ///
    /// # Panics
    /// When the window is gone.
    #[must_use]
    pub fn count(&self, selector: &str) -> u64 {
        self.execute(
            "return document.querySelectorAll(arguments[0]).length",
            &[selector.into()],
        )
        .as_u64()
        .unwrap_or_default()
    }

    /// Waits until something matches.
    ///
    /// # Panics
    /// When nothing does within [`PATIENCE`]; the message has the whole page's text.
    pub fn wait_for(&self, selector: &str) {
        self.wait_until(selector, || self.count(selector) > 0);
    }

    /// Waits until nothing matches.
    ///
    /// # Panics
    /// When something still does after [`PATIENCE`].
    pub fn wait_until_gone(&self, selector: &str) {
        self.wait_until(&format!("no {selector}"), || self.count(selector) == 0);
    }

    /// Waits for anything.
    ///
    /// # Panics
    /// When it is not so within [`PATIENCE`]; the message has the whole page's text.
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = std::time::Instant::now() + PATIENCE;
        until("see the message above", PATIENCE * 2, || {
            if is_so() {
                return Some(());
            }
            if std::time::Instant::now() > deadline {
                let page = self.execute("return document.body.innerText", &[]);
                panic!(
                    "waited in vain for {what}; the page says:\n{}",
                    page.as_str().unwrap_or_default()
                );
            }
            None
        });
    }

    /// The visible text of the first match; empty when there is none.
    ///
    /// # Panics
    /// When the window is gone.
    #[must_use]
    pub fn text(&self, selector: &str) -> String {
        let text = self.execute(
            "return document.querySelector(arguments[0])?.innerText ?? ''",
            &[selector.into()],
        );
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Moves the focus with Tab until it is on what matches, as a hand without a mouse does.
    ///
    /// # Panics
    /// When it is not reached within 60 presses.
    pub fn tab_to(&self, selector: &str) {
        for _ in 0..60 {
            if self.has_focus(selector) {
                return;
            }
            self.press("⇥");
        }
        let at = self.execute("return document.activeElement.outerHTML.slice(0, 300)", &[]);
        panic!("Tab does not lead to {selector}; the focus is on {at}");
    }

    /// Whether the focus is on what matches.
    ///
    /// # Panics
    /// When the window is gone.
    #[must_use]
    pub fn has_focus(&self, selector: &str) -> bool {
        self.execute(
            "return document.activeElement?.matches(arguments[0]) ?? false",
            &[selector.into()],
        ) == true
    }

    /// The page as PNG.
    ///
    /// The driver takes the picture with the next paint, and a page at rest is not painted again: one pixel, too
    /// faint to be seen, changes meanwhile.
    ///
    /// # Panics
    /// When the window is gone.
    #[must_use]
    pub fn screenshot(&self) -> Vec<u8> {
        const STIR: &str = "const pixel = document.createElement('div');
            pixel.id = 'stir';
            pixel.setAttribute('aria-hidden', 'true');
            pixel.style.cssText = 'position:fixed;left:0;top:0;width:1px;height:1px;pointer-events:none';
            document.body.append(pixel);
            let turn = 0;
            const stir = () => {
                turn = 1 - turn;
                pixel.style.background = `rgb(0 0 0 / ${turn * 0.004})`;
                if (pixel.isConnected) requestAnimationFrame(stir);
            };
            stir();";
        self.execute(STIR, &[]);
        let png = self.session.screenshot().expect("the window can be seen");
        self.execute("document.getElementById('stir').remove()", &[]);
        png
    }

    /// Makes the page this large.
    ///
    /// # Panics
    /// When it does not become so.
    pub fn resize(&self, width: u32, height: u32) {
        self.session
            .resize(width, height)
            .expect("the window can be resized");
        self.wait_until(&format!("a page of {width}×{height}"), || {
            self.execute("return [innerWidth, innerHeight]", &[]) == serde_json::json!([width, height])
        });
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        end(&mut self.driver);
    }
}

/// A driver that is ended unless the window opens.
struct Starting(Option<Child>);

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(driver) = &mut self.0 {
            end(driver);
        }
    }
}

/// The driver, the program and its webview are one process group.
fn end(driver: &mut Child) {
    // Whatever has ended already needs no signal.
    let _ = kill_process_group(Pid::from_child(driver), Signal::KILL);
    let _ = driver.wait();
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

/// The child of `driver` that is the program: its other helpers have other names.
fn program_of(driver: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{driver}/task/{driver}/children")).ok()?;
    children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .find(|pid: &u32| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.ends_with("gatepost"))
        })
}

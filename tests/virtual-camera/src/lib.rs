#![doc = include_str!("../README.md")]

#[cfg(target_os = "linux")]
mod control;
// In the unit tests' own process nothing is intercepted.
#[cfg(all(target_os = "linux", not(test)))]
mod device;
#[cfg(all(target_os = "linux", not(test)))]
mod hooks;
#[cfg(target_os = "linux")]
mod stream;

#![doc = include_str!("../README.md")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on the terminal"
)]

pub mod display;
pub mod failure;
pub mod gate;
pub mod prerequisites;
pub mod repository;
pub mod step;
pub mod task;
pub mod tidy;
pub mod ui;
pub mod workspace;

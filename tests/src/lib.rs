//! Whole-program tests: real window, crash, load

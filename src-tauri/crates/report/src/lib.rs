//! Rows to CSV, and the words of screen, export and command line

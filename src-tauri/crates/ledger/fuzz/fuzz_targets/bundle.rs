#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| gatepost_ledger_fuzz::bundle(bytes));

//! Feeds `room_plans` from libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tertulia_fuzz::room_plans(data));

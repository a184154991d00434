//! Feeds `gateway_frames` from libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tertulia_fuzz::gateway_frames(data));

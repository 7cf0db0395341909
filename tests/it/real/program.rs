//! What is in the program: nothing of the simulator, and none of the system's functions that it puts
//! itself in the place of.

use std::fs;

/// Functions of the system that the simulator defines itself.
const INTERPOSED: [&str; 8] = [
    "getrandom",
    "getentropy",
    "clock_gettime",
    "gettimeofday",
    "sched_getaffinity",
    "sysconf",
    "pthread_attr_init",
    "gethostname",
];

/// The names that an ELF file defines: of each entry of `.symtab` and `.dynsym` with a section.
fn defined(file: &str) -> Vec<String> {
    let elf = fs::read(file).unwrap();
    assert_eq!(elf[..6], *b"\x7fELF\x02\x01", "64 bits, little endian");
    let u64_at = |at: usize| u64::from_le_bytes(elf[at..at + 8].try_into().unwrap()) as usize;
    let u32_at = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().unwrap()) as usize;
    let u16_at = |at: usize| u16::from_le_bytes(elf[at..at + 2].try_into().unwrap()) as usize;
    let (sections, size, count) = (u64_at(0x28), u16_at(0x3a), u16_at(0x3c));
    let section = |index: usize| sections + index * size;
    let mut names = Vec::new();
    for at in (0..count).map(section).filter(|&at| matches!(u32_at(at + 4), 2 | 11)) {
        let (symbols, length) = (u64_at(at + 0x18), u64_at(at + 0x20));
        let strings = u64_at(section(u32_at(at + 0x28)) + 0x18);
        for symbol in (symbols..symbols + length).step_by(24).filter(|&it| u16_at(it + 6) != 0) {
            let name = &elf[strings + u32_at(symbol)..];
            let end = name.iter().position(|&byte| byte == 0).unwrap();
            names.push(String::from_utf8_lossy(&name[..end]).into_owned());
        }
    }
    names
}

/// What a program has of the simulator.
fn simulated(file: &str) -> Vec<String> {
    let names = defined(file);
    assert!(names.iter().any(|name| name == "main"), "{file} has its symbols");
    names.into_iter().filter(|it| it.contains("madsim") || INTERPOSED.contains(&&**it)).collect()
}

#[test]
fn the_server_has_nothing_of_the_simulator() {
    assert_eq!(simulated(env!("CARGO_BIN_EXE_menagerie-server")), [""; 0]);
    let testbed = simulated(env!("CARGO_BIN_EXE_menagerie"));
    INTERPOSED.iter().for_each(|it| assert!(testbed.iter().any(|name| name == it), "{it}"));
}

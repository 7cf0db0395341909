//! A session's password: what a client shows to resume it. Every server can compute it
//! (`ZooKeeperServer.generatePasswd`).

use crate::base::SessionId;

/// What ZooKeeper mixes into the session's id.
const SECRET: i64 = 0xB341_5C00;
/// The multiplier of Java's generator (`java.util.Random`).
const MULTIPLIER: u64 = 0x5_DEEC_E66D;
/// Its state has so many bits.
const MASK: u64 = (1 << 48) - 1;

/// The password of a session: 16 bytes that `java.util.Random` makes of its id.
pub fn of_session(session: SessionId) -> Vec<u8> {
    let mut state = ((session.0 ^ SECRET) as u64 ^ MULTIPLIER) & MASK;
    let mut password = Vec::with_capacity(16);
    for _ in 0..4 {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        password.extend(((state >> 16) as u32).to_le_bytes());
    }
    password
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_java_util_random_makes_it() {
        // new Random(0).nextBytes gives 60 b4 20 bb 38 51 d9 d4 7a cb 93 3d be 70 39 9b.
        let password = of_session(SessionId(SECRET));
        let text: String = password.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, "60b420bb3851d9d47acb933dbe70399b");
    }
}

//! Who decides: more than half of the voters.

use crate::base::ServerId;

/// Whether those who `agree` are more than half of `voters`. Others are not counted
/// (ZOOKEEPER-2959).
pub fn has_majority(voters: &[ServerId], agree: impl Fn(ServerId) -> bool) -> bool {
    let agreeing = voters.iter().filter(|&&voter| agree(voter)).count();
    agreeing > voters.len() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_majorities_always_meet() {
        for servers in 1..=7u8 {
            let voters: Vec<ServerId> = (1..=servers).map(ServerId).collect();
            let holds = |set: u32| has_majority(&voters, |it| set & (1 << it.0) != 0);
            for one in 0..(2u32 << servers) {
                assert!(!(holds(one) && holds(!one)), "{servers} servers, set {one:b}");
            }
        }
    }
}

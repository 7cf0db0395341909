//! Who decides: more than half of those who vote.

use crate::base::ServerId;
use crate::wire::Membership;

/// How many there are, and how many of them say yes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Those who vote.
    pub voters: usize,
    /// Those of them who say yes.
    pub agreeing: usize,
    /// Those who observe and say yes.
    pub observers_agreeing: usize,
}

/// More than half of the voters. Others are not counted (ZOOKEEPER-2959).
pub fn is_majority(tally: Tally) -> bool {
    tally.agreeing > tally.voters / 2
}

/// Whether those who `agree` are `enough`.
pub fn has_quorum(
    enough: fn(Tally) -> bool,
    membership: &Membership,
    agree: impl Fn(ServerId) -> bool,
) -> bool {
    let mut tally = Tally { voters: 0, agreeing: 0, observers_agreeing: 0 };
    for (&id, member) in &membership.members {
        match (member.votes, agree(id)) {
            (true, agrees) => {
                tally.voters += 1;
                tally.agreeing += usize::from(agrees);
            }
            (false, agrees) => tally.observers_agreeing += usize::from(agrees),
        }
    }
    enough(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_majorities_always_meet() {
        for servers in 1..=7u8 {
            let voters: Vec<ServerId> = (1..=servers).map(ServerId).collect();
            let ensemble = Membership::named(&voters, &[ServerId(8), ServerId(9)]);
            let holds = |set: u32| has_quorum(is_majority, &ensemble, |it| set & (1 << it.0) != 0);
            for one in 0..(2u32 << servers) {
                assert!(!(holds(one) && holds(!one)), "{servers} servers, set {one:b}");
            }
        }
    }

    #[test]
    fn observers_are_no_part_of_it() {
        let [one, two, three] = [1, 2, 3].map(ServerId);
        let ensemble = Membership::named(&[one, two], &[three]);
        assert!(!has_quorum(is_majority, &ensemble, |it| it != two));
        assert!(has_quorum(is_majority, &ensemble, |it| it != three));
    }
}

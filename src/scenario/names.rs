//! What to say of a name that does not exist.

/// ``unknown checker `one_leader`; did you mean `one_leader_per_epoch`? (known: …)``
pub fn unknown_in(what: &str, found: &str, known: &[&str]) -> String {
    let all = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    match nearest(found, known) {
        Some(near) => format!("unknown {what} `{found}`; did you mean `{near}`? (known: {all})"),
        None => format!("unknown {what} `{found}` (known: {all})"),
    }
}

/// The known name that was probably meant: one that begins or ends like the one found, or one that
/// few changes lead to.
fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let part = known.iter().find(|name| found.len() > 2 && name.contains(found));
    let near = known.iter().map(|name| (strsim::osa_distance(found, name), name)).min();
    let near = near.filter(|(changes, _)| *changes <= 1 + found.chars().count() / 3);
    part.or(near.map(|(_, name)| name)).copied()
}

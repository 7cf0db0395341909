//! The table of the catalogue: which checker sees which bug, and how soon. For people, and as a page.

use super::style::{Table, bad, bold, dim, good, warn};
use crate::run::gate::{BATCHES, Caught};

/// A line for each mutant, and what it all comes to.
pub fn gate_text(rows: &[Caught]) -> String {
    let mut table = Table::default();
    table.row(HEADS.map(dim));
    for row in rows {
        table.row(cells(row, &Paint { good, bad, warn }));
    }
    table.render("") + &summary(rows)
}

/// The same as a page of its own.
pub fn gate_html(rows: &[Caught]) -> String {
    let plain = |text: &str| escaped(text);
    let class = Paint {
        good: |it| span("good", it),
        bad: |it| span("bad", it),
        warn: |it| span("warn", it),
    };
    let heads: String = HEADS.iter().map(|head| format!("<th>{}</th>", plain(head))).collect();
    let line = |row: &Caught| {
        let [first, rest @ ..] = cells(row, &class);
        let story = plain(&row.story);
        let rest: String = rest.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!(
            "<tr><td title=\"{story}\"><b>{first}</b><br><small>{story}</small></td>{rest}</tr>\n"
        )
    };
    let lines: String = rows.iter().map(line).collect();
    let end = anstream::adapter::strip_str(&summary(rows)).to_string();
    format!("{PAGE}<table>\n<tr>{heads}</tr>\n{lines}</table>\n<p>{}</p>\n", plain(end.trim_end()))
}

const HEADS: [&str; 9] = [
    "mutant",
    "seen by",
    "intended",
    "batches",
    "runs",
    "CPU s",
    "control",
    "shrunk to",
    "in CPU s",
];

const PAGE: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Mutants</title>\n\
    <style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}\
    td,th{padding:.3rem .8rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}\
    small{color:#777}.good{color:#070}.bad{color:#b00;font-weight:bold}.warn{color:#a60}</style>\n";

/// How a cell says that something is so or not so.
struct Paint {
    good: fn(&str) -> String,
    bad: fn(&str) -> String,
    warn: fn(&str) -> String,
}

fn cells(row: &Caught, paint: &Paint) -> [String; 9] {
    let yes = |it: bool, yes: &str, no: &str| match it {
        _ if row.survives() => String::new(),
        true => (paint.good)(yes),
        false => (paint.bad)(no),
    };
    let seen = row.seen_by.iter().map(|(checker, times)| match row.seen_by.len() {
        1 => checker.clone(),
        _ => format!("{checker} {times}"),
    });
    let seen = match row.survives() {
        true => (paint.bad)("survives"),
        false => seen.collect::<Vec<_>>().join(", "),
    };
    let batches = format!("{}/{BATCHES}", row.batches_caught);
    let all = row.batches_caught == BATCHES;
    let (shrunk, shrunk_cpu) = match row.shrunk {
        Some(it) => (size(&it), seconds(it.cpu_ms)),
        None => Default::default(),
    };
    [
        row.mutant.clone(),
        seen,
        yes(row.intended, "yes", "no"),
        if all || row.survives() { batches } else { (paint.warn)(&batches) },
        row.runs_median.map_or("-".to_owned(), |it| it.to_string()),
        row.cpu_ms_median.map_or("-".to_owned(), seconds),
        yes(row.control_clean, "clean", "fails"),
        shrunk,
        shrunk_cpu,
    ]
}

fn size(shrunk: &crate::run::gate::ShrunkSize) -> String {
    let it = shrunk.size;
    format!("{} clients, {} faults, {} ops", it.clients, it.faults, it.ops)
}

/// Seconds with two digits.
fn seconds(ms: u64) -> String {
    format!("{}.{:02}", ms / 1_000, ms % 1_000 / 10)
}

fn summary(rows: &[Caught]) -> String {
    let survivors: Vec<&str> =
        rows.iter().filter(|row| row.survives()).map(|row| row.mutant.as_str()).collect();
    let unclean = rows.iter().filter(|row| !row.survives() && !row.is_good()).count();
    let mut text = format!("\n{} mutants", bold(&rows.len().to_string()));
    text += &match (survivors.len(), unclean) {
        (0, 0) => format!(", {}", good("all caught as intended")),
        (0, some) => format!(", all caught; {} not as intended", bad(&some.to_string())),
        _ => format!(", {}: {}", bad("survived by"), survivors.join(", ")),
    };
    if let Some(it) = median_size(rows) {
        text += &format!("; shrunk to {it} in the median");
    }
    text + "\n"
}

fn median_size(rows: &[Caught]) -> Option<String> {
    let sizes: Vec<_> = rows.iter().filter_map(|row| row.shrunk).collect();
    let median = |of: fn(&crate::run::gate::ShrunkSize) -> u32| {
        let mut all: Vec<u32> = sizes.iter().map(of).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    };
    let clients = median(|it| it.size.clients)?;
    let (faults, ops) = (median(|it| it.size.faults)?, median(|it| it.size.ops)?);
    Some(format!("{clients} clients, {faults} faults, {ops} ops"))
}

fn span(class: &str, text: &str) -> String {
    format!("<span class=\"{class}\">{}</span>", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! How the probability of a failure rose, drawn in the terminal.

use super::style::{bold, dim};
use crate::run::causality::{Causality, Jump, Point};

/// How many characters stand for certainty.
const WIDTH: u64 = 50;

/// The curve with its confidence bars, and what happened where it rises.
pub fn causality_text(causality: &Causality) -> String {
    let head = super::label("failure", &causality.fingerprint);
    let axis = format!(
        "{:>10}  {:>5}  0{:>width$}\n",
        "drawn anew",
        "fails",
        "100 %",
        width = WIDTH as usize
    );
    let points: String = causality.points.iter().map(point).collect();
    let jumps: String = causality.jumps.iter().map(jump).collect();
    let none = if causality.jumps.is_empty() {
        "\nno jump: it was certain, or chance, all along\n"
    } else {
        ""
    };
    format!("{head}\n{}{points}{none}{jumps}", dim(&axis))
}

fn point(point: &Point) -> String {
    let place = |permille: u64| permille * WIDTH / 1_000;
    let (low, at, high) =
        (place(point.low_permille), place(point.permille), place(point.high_permille));
    let mark = |column: u64| match column {
        it if it == at => '#',
        it if it < at && it >= low => '=',
        it if it > at && it <= high => '-',
        it if it < low => '=',
        _ => ' ',
    };
    let bar: String = (0..=WIDTH).map(mark).collect();
    let percent = format!("{} %", point.permille / 10);
    format!("{:>10}  {percent:>5}  {}\n", point.at.to_string(), bar.trim_end())
}

fn jump(jump: &Jump) -> String {
    let rise = format!("up by {} %", jump.rise_permille / 10);
    let mut text = format!("\n{}  {rise}\n", bold(&format!("{} to {}", jump.from, jump.to)));
    for event in &jump.events {
        text += &format!("  {event}\n");
    }
    if jump.more > 0 {
        text += &dim(&format!("         and {} more", jump.more));
        text += "\n";
    }
    text
}

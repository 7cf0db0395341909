//! How text for people looks: colours, aligned columns, grouped digits.

use anstyle::{AnsiColor, Style};

/// What is as it should be.
pub fn good(text: &str) -> String {
    paint(text, AnsiColor::Green.on_default().bold())
}

/// What is not.
pub fn bad(text: &str) -> String {
    paint(text, AnsiColor::Red.on_default().bold())
}

/// What says nothing either way.
pub fn warn(text: &str) -> String {
    paint(text, AnsiColor::Yellow.on_default().bold())
}

/// What matters most.
pub fn bold(text: &str) -> String {
    paint(text, Style::new().bold())
}

/// What matters least.
pub fn dim(text: &str) -> String {
    paint(text, Style::new().dimmed())
}

/// Colours are always there; whoever prints leaves them out where there is no terminal.
fn paint(text: &str, style: Style) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// A number with its digits in groups of three: `18,231`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows of cells, each column as wide as its widest cell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Adds a row at the end.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Two blanks between columns, none at the ends of lines; `indent` in front of each.
    pub fn render(&self, indent: &str) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell: &String| width_of(cell))
                .max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        self.rows.iter().map(|row| format!("{indent}{}\n", line(row, &widths))).collect()
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let pad =
        |(cell, &width): (&String, &usize)| format!("{cell}{}", " ".repeat(width - width_of(cell)));
    let cells: Vec<String> = row.iter().zip(widths).map(pad).collect();
    cells.join("  ").trim_end().to_owned()
}

/// How many characters of a cell can be seen: colours cannot.
fn width_of(cell: &str) -> usize {
    let mut width = 0;
    let mut hidden = false;
    for c in cell.chars() {
        hidden |= c == '\u{1b}';
        width += usize::from(!hidden);
        hidden &= c != 'm';
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn colours_take_no_room() {
        let mut table = Table::default();
        table.row([good("ab"), "x".to_owned()]);
        table.row(["abcd".to_owned(), "y".to_owned()]);
        let seen = anstream::adapter::strip_str(&table.render("- ")).to_string();
        assert_eq!(seen, "- ab    x\n- abcd  y\n");
    }
}

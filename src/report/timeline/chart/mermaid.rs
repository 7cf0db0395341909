//! The diagram for pages that draw Mermaid, as issues on the common forges do.

use super::rows::{ArrowFate, Chart, Row, RowKind};
use crate::base::NodeId;

/// What stands behind a piece of evidence.
const EVIDENCE: &str = "rect rgb(255, 228, 205)";

/// As a `sequenceDiagram`.
pub(super) fn draw(chart: &Chart) -> String {
    let mut text = "sequenceDiagram\n".to_owned();
    for node in &chart.nodes {
        text += &format!("    participant {node}\n");
    }
    if let (Some(claim), Some(over)) = (&chart.claim, over(&chart.nodes)) {
        let words = format!("{}: {claim}", chart.title);
        text += &format!("    Note over {over}: {}\n", escaped(&words));
    }
    for row in &chart.rows {
        text += &line(row, &chart.nodes);
    }
    text
}

fn line(row: &Row, nodes: &[NodeId]) -> String {
    let words = escaped(&format!("{} {}", row.at, said(row)));
    let line = match row.what {
        RowKind::At(node) => format!("    Note over {node}: {words}\n"),
        RowKind::Across | RowKind::Gap => match over(nodes) {
            Some(over) => format!("    Note over {over}: {words}\n"),
            None => String::new(),
        },
        RowKind::Arrow { from, to, fate } => format!("    {from}{}{to}: {words}\n", arrow(fate)),
    };
    match row.evidence {
        Some(_) => format!("    {EVIDENCE}\n{line}    end\n"),
        None => line,
    }
}

/// Mermaid shows from whom to whom.
fn said(row: &Row) -> String {
    let words = match row.what {
        RowKind::Arrow { from, to, .. } => {
            let ends = format!("{from} > {to} ");
            row.words.strip_prefix(&ends).unwrap_or(&row.words).to_owned()
        }
        RowKind::Gap => format!("… {}", row.words),
        RowKind::At(_) | RowKind::Across => row.words.clone(),
    };
    match row.evidence {
        Some(number) => format!("{words} (evidence {number})"),
        None => words,
    }
}

fn arrow(fate: ArrowFate) -> &'static str {
    match fate {
        ArrowFate::Came => "->>",
        ArrowFate::Late => "-->>",
        ArrowFate::Lost => "-x",
        ArrowFate::UnderWay => "-)",
    }
}

/// From the first line to the last.
fn over(nodes: &[NodeId]) -> Option<String> {
    match nodes {
        [] => None,
        [only] => Some(only.to_string()),
        [first, .., last] => Some(format!("{first},{last}")),
    }
}

/// What would end a line, or begin an entity, as an entity.
fn escaped(words: &str) -> String {
    let mut text = String::new();
    for letter in words.chars() {
        match letter {
            '#' => text += "#35;",
            ';' => text += "#59;",
            '<' => text += "#lt;",
            '>' => text += "#gt;",
            '\n' | '\r' => text.push(' '),
            letter => text.push(letter),
        }
    }
    text
}

//! The diagram as a picture: lines of nodes from top to bottom, the words beside them.

use super::rows::{ArrowFate, Chart, Row, RowKind};
use crate::base::NodeId;

/// From one node's line to the next, and from one row to the next.
const STEP: usize = 54;
const ROW: usize = 20;
/// Where the first line and the first row are.
const LEFT: usize = 96;
const TOP: usize = 78;
/// How wide a letter is, at most.
const LETTER: usize = 7;

/// Readable on light and on dark pages, because it has a ground of its own. The colours are Okabe
/// and Ito's; dashes and signs say the same.
const STYLE: &str = "\
text{font:12px ui-monospace,'DejaVu Sans Mono',monospace;fill:#1d2126}\
.soft{fill:#5d6670}.title{font:600 14px system-ui,sans-serif}.wrong{fill:#c24e00;font-weight:600}\
.life{stroke:#c6c8c2}.arrow{stroke:#0072b2;stroke-width:1.5}.late{stroke-dasharray:5 3}\
.lost,.underway{stroke:#5d6670;stroke-width:1.5}.head{fill:#0072b2}\
.dot{fill:#1d2126}.ring{fill:none;stroke:#c24e00;stroke-width:2}\
.cross{stroke:#c24e00;stroke-width:2}.band{fill:#fff1e6}";

/// As one SVG element.
pub(super) fn draw(chart: &Chart) -> String {
    let words_at = LEFT + chart.nodes.len() * STEP;
    let longest = chart.rows.iter().map(|row| said(row).chars().count()).max().unwrap_or(0);
    let head = chart.claim.as_deref().unwrap_or("").chars().count().max(chart.title.len());
    let width = (words_at + longest * LETTER + 20).max(head * 9 + 32);
    let height = TOP + chart.rows.len() * ROW + 16;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<style>{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    svg += &text(16, 22, "title", chart.claim.as_deref().unwrap_or(&chart.title));
    if chart.claim.is_some() {
        svg += &text(16, 41, "soft", &chart.title);
    }
    for (place, node) in chart.nodes.iter().enumerate() {
        let x = LEFT + place * STEP;
        svg += &text(x - 8, TOP - 16, "title", &node.to_string());
        let bottom = height - 12;
        svg += &format!(
            "<line class=\"life\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{bottom}\"/>\n",
            TOP - 10
        );
    }
    for (place, row) in chart.rows.iter().enumerate() {
        svg += &drawn(row, &chart.nodes, TOP + place * ROW, words_at);
    }
    svg + "</svg>\n"
}

fn said(row: &Row) -> String {
    match row.evidence {
        Some(number) => format!("{} (evidence {number})", row.words),
        None => row.words.clone(),
    }
}

fn drawn(row: &Row, nodes: &[NodeId], y: usize, words_at: usize) -> String {
    let x = |node: NodeId| LEFT + nodes.iter().position(|&it| it == node).unwrap_or(0) * STEP;
    let mut svg = String::new();
    if row.evidence.is_some() {
        let top = y - ROW / 2;
        svg += &format!(
            "<rect class=\"band\" x=\"0\" y=\"{top}\" width=\"100%\" height=\"{ROW}\"/>\n"
        );
    }
    let class = if row.evidence.is_some() { "wrong" } else { "words" };
    match row.what {
        RowKind::Gap => return text(words_at, y + 4, "soft", &format!("⋮ {}", row.words)),
        RowKind::Across => {}
        RowKind::At(node) => {
            svg += &format!("<circle class=\"dot\" cx=\"{}\" cy=\"{y}\" r=\"3.5\"/>\n", x(node));
            if row.evidence.is_some() {
                svg += &format!("<circle class=\"ring\" cx=\"{}\" cy=\"{y}\" r=\"8\"/>\n", x(node));
            }
        }
        RowKind::Arrow { from, to, fate } => svg += &arrow((x(from), x(to)), y, fate),
    }
    svg += &text(10, y + 4, "soft", &format!("{:>9}", row.at.to_string()));
    svg + &text(words_at, y + 4, class, &said(row))
}

fn arrow((from, to): (usize, usize), y: usize, fate: ArrowFate) -> String {
    let (class, short) = match fate {
        ArrowFate::Came => ("arrow", 0),
        ArrowFate::Late => ("arrow late", 0),
        ArrowFate::Lost => ("lost", 14),
        ArrowFate::UnderWay => ("underway late", 22),
    };
    let tip = if from < to { to - short } else { to + short };
    let line = format!(
        "<line class=\"{class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{tip}\" y2=\"{y}\"/>\n\
         <circle class=\"dot\" cx=\"{from}\" cy=\"{y}\" r=\"2\"/>\n"
    );
    let back = if from < tip { tip - 8 } else { tip + 8 };
    let (above, below) = (y - 4, y + 4);
    let end = match fate {
        ArrowFate::Came | ArrowFate::Late => {
            format!("<path class=\"head\" d=\"M{tip} {y}L{back} {above}L{back} {below}Z\"/>\n")
        }
        ArrowFate::Lost => {
            let (left, right) = (tip - 4, tip + 4);
            format!(
                "<path class=\"cross\" d=\"M{left} {above}L{right} {below}M{left} {below}L{right} {above}\"/>\n"
            )
        }
        ArrowFate::UnderWay => String::new(),
    };
    line + &end
}

fn text(x: usize, y: usize, class: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Characters that XML has no place for.
    let words: String = words.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\" xml:space=\"preserve\">{words}</text>\n")
}

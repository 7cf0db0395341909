//! The diagram for a terminal: a column for each node, the words beside it.

use super::rows::{ArrowFate, Chart, Row, RowKind};
use crate::base::NodeId;
use std::iter::once;

/// From one node's line to the next.
const STEP: usize = 4;

/// As lines of text.
pub(super) fn draw(chart: &Chart) -> String {
    let mut text = format!("{}\n", chart.title);
    if let Some(claim) = &chart.claim {
        text += &format!("{claim}\n");
    }
    let names: String =
        chart.nodes.iter().map(|node| format!("{:<STEP$}", node.to_string())).collect();
    text += &format!("\n{:>10}  {}\n", "", names.trim_end());
    for row in &chart.rows {
        text += &line(row, &chart.nodes);
    }
    text
}

fn line(row: &Row, nodes: &[NodeId]) -> String {
    let drawn: String = cells(row, nodes).into_iter().collect();
    let evidence = row.evidence.map(|number| format!("   <- evidence {number}"));
    let at = match row.what {
        RowKind::Gap => String::new(),
        _ => row.at.to_string(),
    };
    let (words, evidence) = (&row.words, evidence.unwrap_or_default());
    format!("{at:>10}  {drawn}{words}{evidence}\n")
}

fn cells(row: &Row, nodes: &[NodeId]) -> Vec<char> {
    let place = |node: NodeId| nodes.iter().position(|&it| it == node).unwrap_or(0) * STEP;
    let mark = match row.what {
        RowKind::Gap => '⋮',
        RowKind::Across => '┊',
        RowKind::At(_) | RowKind::Arrow { .. } => '│',
    };
    let column = once(mark).chain([' '; STEP - 1]);
    let mut cells: Vec<char> = column.cycle().take(nodes.len() * STEP).collect();
    match row.what {
        RowKind::At(node) => {
            cells[place(node)] = if row.evidence.is_some() { '◉' } else { '◆' };
        }
        RowKind::Arrow { from, to, fate } => arrow(&mut cells, (place(from), place(to)), fate),
        RowKind::Across | RowKind::Gap => {}
    }
    cells
}

fn arrow(cells: &mut [char], (from, to): (usize, usize), fate: ArrowFate) {
    let shaft = if fate == ArrowFate::Late { '╌' } else { '─' };
    for cell in &mut cells[from.min(to)..=from.max(to)] {
        *cell = if *cell == '│' { '┼' } else { shaft };
    }
    let (head, before) = if from < to { ('▶', to - 1) } else { ('◀', to + 1) };
    cells[from] = '●';
    match fate {
        ArrowFate::Came | ArrowFate::Late => cells[to] = head,
        ArrowFate::Lost | ArrowFate::UnderWay => {
            cells[to] = '│';
            cells[before] = if fate == ArrowFate::Lost { '✕' } else { '…' };
        }
    }
}

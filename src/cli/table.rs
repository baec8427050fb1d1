//! Lists for people, one row a line. On a terminal that is too narrow for that, the text of the last column wraps; where
//! this is not enough, each row becomes a record of one line a value. An id is never broken, so it can be copied.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// Of text that wraps, in characters.
const LEAST_WIDTH_OF_TEXT: usize = 30;
/// What a column has on either side, in characters.
const PADDING: usize = 2;

/// Where a list is shown, unless it goes to a file or a program.
#[derive(Clone, Copy)]
pub struct Terminal {
    /// In characters.
    pub width: u16,
    pub has_colours: bool,
}

/// `rows` under `headings`.
pub fn of(headings: &[&str], rows: &[Vec<String>], terminal: Option<Terminal>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings).add_rows(rows);
    let Some(Terminal { width, has_colours }) = terminal else { return format!("{}\n", table.trim_fmt()) };
    if !has_space_for_text(&table, width.into()) {
        return records(headings, rows);
    }
    let last = headings.len().saturating_sub(1);
    for column in table.column_iter_mut().take(last) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    if has_colours { with_bold_header(&table) } else { format!("{}\n", table.trim_fmt()) }
}

fn has_space_for_text(table: &Table, terminal: usize) -> bool {
    let widths = table.column_max_content_widths();
    let Some((last, others)) = widths.split_last() else { return true };
    let others: usize = others.iter().map(|width| usize::from(*width) + PADDING).sum();
    others + usize::from(*last).min(LEAST_WIDTH_OF_TEXT) + PADDING <= terminal
}

fn records(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = headings.iter().map(|heading| heading.len()).max().unwrap_or(0);
    let record = |row: &Vec<String>| -> String {
        headings.iter().zip(row).map(|(heading, value)| format!("{heading:width$}  {value}\n")).collect()
    };
    rows.iter().map(record).collect::<Vec<_>>().join("\n")
}

fn with_bold_header(table: &Table) -> String {
    let table = table.trim_fmt();
    match table.split_once('\n') {
        Some((header, rows)) => format!("\x1b[1m{header}\x1b[0m\n{rows}\n"),
        None => format!("{table}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01a21f36-fc64-73bc-954d-9682619ab999";

    fn keys(width: Option<u16>) -> String {
        let terminal = width.map(|width| Terminal { width, has_colours: false });
        let rows =
            [vec![ID.into(), "backend".into(), "customer.read, customer.write, customer.delete".into()]];
        of(&["Key", "Name", "Scopes"], &rows, terminal)
    }

    #[test]
    fn a_row_is_one_line_where_there_is_no_terminal() {
        assert_eq!(keys(None).lines().count(), 2);
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_that_has_space_for_text() {
        for terminal in 81..140 {
            let table = keys(Some(terminal));
            assert!(table.lines().all(|line| line.len() <= terminal.into()), "{terminal}:\n{table}");
            assert!(table.starts_with(" Key"), "{terminal}:\n{table}");
        }
    }

    #[test]
    fn an_id_is_in_one_piece_whatever_the_width() {
        for terminal in 1..140 {
            assert!(keys(Some(terminal)).contains(ID), "{terminal}");
        }
    }

    #[test]
    fn a_narrow_terminal_has_one_line_for_each_value() {
        let expected = "Key     01a21f36-fc64-73bc-954d-9682619ab999\nName    backend\n\
                        Scopes  customer.read, customer.write, customer.delete\n";
        assert_eq!(keys(Some(60)), expected);
    }
}

//! What a server is granted: `docs/least-privilege.sql`, read for those who check it.

use std::sync::LazyLock;

const SCRIPT: &str = include_str!("../../docs/least-privilege.sql");
const SERVER: &str = "customers_server";

/// The right to do something to a table, or to one column of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub table: &'static str,
    pub privilege: &'static str,
    pub column: Option<&'static str>,
}

/// All grants to the role of a server.
pub fn of_server() -> &'static [Grant] {
    static GRANTS: LazyLock<Vec<Grant>> = LazyLock::new(|| grants(SCRIPT, SERVER));
    &GRANTS
}

/// Those on tables, in statements like `grant select, update (a, b) on c, d to role`.
fn grants(script: &'static str, role: &str) -> Vec<Grant> {
    let statements = script.split(';').filter_map(|statement| {
        let (_, grant) = statement.trim().rsplit_once("grant ")?;
        let (privileges, rest) = grant.split_once(" on ")?;
        let (tables, grantee) = rest.split_once(" to ")?;
        (grantee.trim() == role && !tables.starts_with("schema ")).then_some((privileges, tables))
    });
    let of_tables = statements.flat_map(|(privileges, tables)| {
        list(tables)
            .into_iter()
            .flat_map(move |table| list(privileges).into_iter().map(move |name| (table, name)))
    });
    of_tables.flat_map(|(table, name)| of_privilege(table, name)).collect()
}

fn of_privilege(table: &'static str, name: &'static str) -> Vec<Grant> {
    let Some((privilege, columns)) = name.split_once('(') else {
        return vec![Grant { table, privilege: name, column: None }];
    };
    let columns = list(columns.trim_end_matches(')')).into_iter();
    columns.map(|column| Grant { table, privilege: privilege.trim(), column: Some(column) }).collect()
}

/// The items between commas that are in no parentheses.
fn list(text: &'static str) -> Vec<&'static str> {
    let mut depth = 0;
    let items = text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    });
    items.map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_are_of_tables_or_of_columns() {
        const SCRIPT: &str = "-- a grant of nothing\ngrant usage on schema public to me;
            grant select, update (a,\n b) on c, d to me; grant delete on e to another;";

        let shown: Vec<_> = grants(SCRIPT, "me")
            .into_iter()
            .map(|Grant { table, privilege, column }| (privilege, table, column))
            .collect();

        let of =
            |table| [("select", table, None), ("update", table, Some("a")), ("update", table, Some("b"))];
        assert_eq!(shown, [of("c"), of("d")].concat());
    }

    #[test]
    fn a_server_is_granted_what_its_statements_need_at_least() {
        let has = |table, privilege, column| of_server().contains(&Grant { table, privilege, column });

        assert!(has("customers", "insert", None));
        assert!(has("customers", "update", Some("source_version")));
        assert!(has("customer_events", "update", Some("position")));
    }
}

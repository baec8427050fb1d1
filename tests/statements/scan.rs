//! A small reader of SQL, which knows as much of it as our statements use.
//!
//! A statement is cut into selects, updates, deletes and inserts, by its parentheses. Each one has to name the
//! tenant for the tables it touches itself: as the first condition, or by being joined to one that does.

use std::{collections::BTreeSet, fs, path::Path};

/// The tables of tenants.
#[derive(Debug)]
pub struct Tables(BTreeSet<String>);

impl Tables {
    pub fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Those with a `tenant_id`.
    pub fn of_migrations(folder: &Path) -> Self {
        let mut tables = BTreeSet::new();
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            for definition in text.split("create table ").skip(1) {
                let (name, rest) = definition.split_once('(').unwrap();
                if rest.split(");").next().unwrap().contains("tenant_id") {
                    tables.insert(name.trim().to_owned());
                }
            }
        }
        Self(tables)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// In one line, without comments, one space between words.
pub fn squeezed(statement: &str) -> String {
    let lines = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").replace("( ", "(").replace(" )", ")")
}

/// Tables of tenants that a part of the statement touches without naming the tenant.
pub fn unguarded(tables: &Tables, statement: &str) -> Vec<String> {
    let words = words_of(statement);
    let parts = parts(&words);
    let has_input = has_input_of_tenants(&words);
    parts.iter().flat_map(|part| unguarded_in(tables, part, has_input)).collect()
}

/// In lower case; what a string says is left out.
pub fn words_of(statement: &str) -> Vec<String> {
    words(&squeezed(statement))
}

/// Selects, updates, deletes and inserts, each without those within it.
pub fn parts(words: &[String]) -> Vec<Vec<String>> {
    let mut parts = Vec::new();
    cut(words, &mut parts);
    parts
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_in_string = false;
    let mut is_in_word = false;
    for character in text.to_lowercase().chars() {
        if character == '\'' {
            // What a string says names nothing.
            is_in_string = !is_in_string;
            is_in_word = false;
        } else if is_in_string {
        } else if character.is_alphanumeric() || "_.$:".contains(character) {
            match words.last_mut() {
                Some(word) if is_in_word => word.push(character),
                _ => words.push(character.to_string()),
            }
            is_in_word = true;
        } else {
            is_in_word = false;
            if !character.is_whitespace() {
                words.push(character.to_string());
            }
        }
    }
    words
}

/// Into parts that have no part within; what stood in parentheses stays as `( )`, unless it is a mere list.
fn cut(words: &[String], parts: &mut Vec<Vec<String>>) {
    let mut own = Vec::new();
    let mut rest = words.iter().enumerate();
    while let Some((index, word)) = rest.next() {
        own.push(word.clone());
        if word == "(" {
            let end = closing(words, index);
            let inside = &words[index + 1..end];
            let begins = inside.first().map_or("", String::as_str);
            let is_part = ["select", "insert", "update", "delete", "with"].contains(&begins);
            if is_part || inside.iter().any(|word| word == "select") {
                cut(inside, parts);
            } else {
                own.extend_from_slice(inside);
            }
            own.push(")".to_owned());
            rest.nth(end - index - 1);
        }
    }
    parts.extend(own.split(|word| word == "union").map(<[String]>::to_vec));
}

/// Where the parenthesis at `open` is closed.
pub fn closing(words: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (index, word) in words.iter().enumerate().skip(open) {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    panic!("parentheses do not match: {words:?}")
}

/// A table as a part of a statement calls it.
struct Touched {
    table: String,
    alias: String,
}

fn unguarded_in(tables: &Tables, words: &[String], has_input: bool) -> Vec<String> {
    let touched = touched(tables, words);
    let alone = touched.len() == 1;
    let mut guarded: BTreeSet<&str> = BTreeSet::new();
    if has_input {
        guarded.insert(INPUT);
    }
    for touched in &touched {
        if is_inserted_with_tenant(words, touched, has_input) || is_first_condition(words, touched, alone) {
            guarded.insert(&touched.alias);
        }
    }
    // A join carries it on, over as many tables as there are.
    for _ in &touched {
        for touched in &touched {
            let column = format!("{}.tenant_id", touched.alias);
            let equals = words.windows(3).filter(|equation| equation[1] == "=");
            if equals.clone().any(|equation| equation[0] == column && equation[2] == "$1::uuid") {
                guarded.insert(&touched.alias);
            }
            let mut others = equals.filter_map(|equation| match (&equation[0], &equation[2]) {
                (left, right) if *left == column => right.strip_suffix(".tenant_id"),
                (left, right) if *right == column => left.strip_suffix(".tenant_id"),
                _ => None,
            });
            if others.any(|other| guarded.contains(other)) {
                guarded.insert(&touched.alias);
            }
        }
    }
    let unguarded = touched.iter().filter(|touched| !guarded.contains(touched.alias.as_str()));
    unguarded.map(|touched| touched.table.clone()).collect()
}

fn touched(tables: &Tables, words: &[String]) -> Vec<Touched> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).map_or("", |before| &words[before]);
        let is_named = ["from", "join", "update", "into", "using", ","].contains(&before);
        if is_named && tables.0.contains(word) {
            let mut next = words[index + 1..].iter().map(String::as_str);
            let alias = match next.next() {
                Some("as") => next.next(),
                Some(alias) if is_alias(alias) => Some(alias),
                _ => None,
            };
            found.push(Touched { table: word.clone(), alias: alias.unwrap_or(word).to_owned() });
        }
    }
    found
}

fn is_alias(word: &str) -> bool {
    const KEYWORDS: [&str; 14] = [
        "on",
        "cross",
        "where",
        "join",
        "left",
        "set",
        "using",
        "order",
        "for",
        "group",
        "limit",
        "returning",
        "values",
        "select",
    ];
    word.chars().all(|character| character.is_alphanumeric() || character == '_') && !KEYWORDS.contains(&word)
}

/// `where tenant_id = $1`, and nothing but `and` after it.
fn is_first_condition(words: &[String], touched: &Touched, alone: bool) -> bool {
    let Some(at) = words.iter().position(|word| word == "where") else { return false };
    let conditions = &words[at + 1..];
    let [column, equals, value, ..] = conditions else { return false };
    let names_it = *column == format!("{}.tenant_id", touched.alias) || (alone && column == "tenant_id");
    names_it && equals == "=" && is_tenant(value) && !has_alternative(conditions)
}

fn is_tenant(value: &str) -> bool {
    ["$1", "$1::uuid"].contains(&value)
}

/// The rows of a statement that is for many at a time. Their tenants are the array in the first parameter.
const INPUT: &str = "input";

fn has_input_of_tenants(words: &[String]) -> bool {
    let is_array =
        |words: &[String]| words.iter().map(String::as_str).eq(["unnest", "(", "$1::uuid", "[", "]"]);
    let is_first_column =
        |words: &[String]| words.iter().map(String::as_str).eq(["as", INPUT, "(", "tenant_id"]);
    words.windows(5).any(is_array) && words.windows(4).any(is_first_column)
}

/// An `or` outside of parentheses, which would open what the first condition closes.
fn has_alternative(words: &[String]) -> bool {
    let mut depth = 0;
    words.iter().any(|word| {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0 && word == "or"
    })
}

/// The first column is the tenant, and its value the first parameter, or what another part of the statement,
/// looked at for itself, calls so.
fn is_inserted_with_tenant(words: &[String], touched: &Touched, has_input: bool) -> bool {
    let Some(at) = words.windows(2).position(|pair| pair[0] == "into" && pair[1] == touched.table) else {
        return false;
    };
    let rest = &words[at + 2..];
    if rest.first().is_none_or(|word| word != "(") || rest[1] != "tenant_id" {
        return false;
    }
    let values = &rest[closing(rest, 0) + 1..];
    match values.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["values", "(", value, ..] => value == "$1",
        ["select", value, ..] => {
            let of_another_part =
                value.strip_suffix(".tenant_id").is_some_and(|part| part != INPUT || has_input);
            is_tenant(value) || ["tenant_id", "id"].contains(&value) || of_another_part
        }
        _ => false,
    }
}

//! What Citus refuses in a statement on distributed tables, beside a tenant that is not named: found in its text, because no
//! Citus runs where every change is tested.

use crate::scan::{closing, parts, words_of};

/// What to do, and whether the words of a statement show that it was not done.
type Rule = (&'static str, fn(&[String]) -> bool);

/// What is wrong with a statement, each as what to do.
pub fn refused(statement: &str) -> Vec<&'static str> {
    let words = words_of(statement);
    let rules: [Rule; 5] = [
        ("take values of `excluded` in `do update set`, not of functions", has_function_in_do_update),
        ("name one tenant where rows are locked", locks_rows_of_several_tenants),
        ("ask for the time outside of `case` and `coalesce` in `set`", has_time_in_a_choice),
        ("leave the tenant of a row as it is", changes_the_tenant),
        ("begin the columns of `on conflict` with tenant_id", decides_conflicts_without_the_tenant),
    ];
    rules.into_iter().filter(|(_, breaks)| breaks(&words)).map(|(advice, _)| advice).collect()
}

/// Functions that are the same for the same values, whenever they are called.
const IMMUTABLE: [&str; 4] = ["coalesce", "greatest", "least", "nullif"];
const TIMES: [&str; 7] = [
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "current_timestamp",
    "current_date",
    "localtimestamp",
];

fn has_function_in_do_update(words: &[String]) -> bool {
    let is_call =
        |pair: &[String]| pair[1] == "(" && is_name(&pair[0]) && !IMMUTABLE.contains(&pair[0].as_str());
    clauses(words, &["do", "update", "set"]).any(|clause| {
        clause.windows(2).any(is_call) || clause.iter().any(|word| TIMES.contains(&word.as_str()))
    })
}

fn locks_rows_of_several_tenants(words: &[String]) -> bool {
    parts(words).iter().any(|part| {
        let locks = part
            .windows(2)
            .any(|pair| pair[0] == "for" && ["update", "share", "no", "key"].contains(&&*pair[1]));
        let names_one = part.windows(3).any(|equation| {
            is_tenant_column(&equation[0])
                && equation[1] == "="
                && ["$1", "$1::uuid"].contains(&&*equation[2])
        });
        locks && !names_one
    })
}

fn has_time_in_a_choice(words: &[String]) -> bool {
    clauses(words, &["set"]).any(|clause| {
        let choices = clause.iter().enumerate().filter_map(|(at, word)| {
            match word.as_str() {
                "case" => Some(at + clause[at..].iter().position(|word| word == "end")?),
                "coalesce" => Some(closing(clause, at + 1)),
                _ => None,
            }
            .map(|end| &clause[at..end])
        });
        choices.into_iter().any(|choice| choice.iter().any(|word| TIMES.contains(&word.as_str())))
    })
}

fn changes_the_tenant(words: &[String]) -> bool {
    clauses(words, &["set"]).any(|clause| {
        let assigned =
            clause.windows(2).enumerate().filter(|(_, pair)| is_tenant_column(&pair[0]) && pair[1] == "=");
        assigned.into_iter().any(|(at, _)| at == 0 || clause[at - 1] == ",")
    })
}

fn decides_conflicts_without_the_tenant(words: &[String]) -> bool {
    let conflicts =
        words.windows(4).filter(|four| four[0] == "on" && four[1] == "conflict" && four[2] == "(");
    conflicts.into_iter().any(|four| four[3] != "tenant_id")
        || words.windows(4).any(|four| four[1..3] == ["conflict", "on"] && four[3] == "constraint")
}

/// What follows `opening`, to the end of its part or to the next clause.
fn clauses<'a>(words: &'a [String], opening: &'a [&str]) -> impl Iterator<Item = &'a [String]> {
    words.windows(opening.len()).enumerate().filter(move |(_, window)| **window == *opening).map(
        move |(at, _)| {
            let clause = &words[at + opening.len()..];
            &clause[..end(clause)]
        },
    )
}

fn end(clause: &[String]) -> usize {
    let mut at = 0;
    while at < clause.len() {
        match clause[at].as_str() {
            "(" => at = closing(clause, at),
            ")" | "where" | "from" | "returning" => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

fn is_tenant_column(word: &str) -> bool {
    word == "tenant_id" || word.ends_with(".tenant_id")
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

#[test]
fn what_citus_refuses_is_found() {
    for (statement, advice) in [
        (
            "insert into t (tenant_id, a) values ($1, $2) on conflict (tenant_id, a) do update set at = now() returning a",
            "take values of `excluded`",
        ),
        (
            "with w as (insert into t (tenant_id) values ($1) on conflict (tenant_id) do update set at = clock_timestamp()) select 1",
            "take values of `excluded`",
        ),
        (
            "insert into t (tenant_id) values ($1) on conflict (tenant_id) do update set at = current_timestamp",
            "take values of `excluded`",
        ),
        ("select a from t where a = $1 for update", "name one tenant"),
        (
            "select t.a from unnest($1::uuid[]) as input (tenant_id) join t on t.tenant_id = input.tenant_id for share",
            "name one tenant",
        ),
        (
            "with l as (select a from t where a = any($2) for no key update) select a from u where tenant_id = $1",
            "name one tenant",
        ),
        (
            "update t set a = case when $2 then greatest(a, now()) else a end where tenant_id = $1",
            "ask for the time",
        ),
        ("update t set a = coalesce($2, clock_timestamp()) where tenant_id = $1", "ask for the time"),
        ("update t set a = $2, tenant_id = $3 where tenant_id = $1", "leave the tenant"),
        ("insert into t (a, tenant_id) values ($2, $1) on conflict (a) do nothing", "begin the columns"),
        ("insert into t (a) values ($2) on conflict on constraint t_pkey do nothing", "begin the columns"),
    ] {
        let found = refused(statement);
        assert!(found.iter().any(|found| found.starts_with(advice)), "{advice}: {found:?}: {statement}");
    }
}

#[test]
fn what_citus_takes_is_not_reported() {
    for statement in [
        "insert into t (tenant_id, a) values ($1, $2) on conflict (tenant_id, a) do update set at = excluded.at returning now()",
        "insert into t (tenant_id, a) values ($1, $2) on conflict (tenant_id) do update set a = coalesce(excluded.a, t.a)",
        "insert into t (tenant_id) values ($1) on conflict do nothing",
        "select a from t where tenant_id = $1 for update skip locked",
        "select a from t as c where c.a = $2 and c.tenant_id = $1 order by a for share",
        "update t set a = (select max(b) from u where tenant_id = $1) from v where t.tenant_id = $1 and t.tenant_id = v.tenant_id",
        "update t set a = case when $2 then 1 end, b = greatest(b, now()) where tenant_id = $1",
        "select 1 from t where tenant_id = $1 for",
    ] {
        assert_eq!(refused(statement), Vec::<&str>::new(), "{statement}");
    }
}

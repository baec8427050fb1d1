//! Which file imports which, read off the source text: `use` lines, and paths in code that begin with `crate::`, `super::`,
//! `self::` or a child module.

use std::collections::{BTreeMap, BTreeSet};

/// Files by their paths below `src/`, and the files each imports.
pub struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    /// Of files by path, each with its code: no comments, no tests.
    pub fn of(files: &[(String, String)]) -> Self {
        let modules: BTreeMap<Vec<String>, &str> =
            files.iter().map(|(path, _)| (module(path), path.as_str())).collect();
        let imports = files.iter().map(|(path, code)| {
            let imported = paths(path, code, &modules);
            let imported = imported.iter().filter_map(|path| file(path, &modules));
            (path.clone(), imported.filter(|other| other != path).map(str::to_owned).collect())
        });
        Self(imports.collect())
    }

    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Each file with each that it imports.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(file, imported)| imported.iter().map(|other| (file.as_str(), other.as_str())))
    }

    /// Files that import each other, directly or through others, two or more together.
    pub fn circles(&self) -> Vec<Vec<&str>> {
        let reachable: BTreeMap<_, _> =
            self.0.keys().map(|file| (file.as_str(), self.reachable(file))).collect();
        let mut circles: Vec<Vec<&str>> = Vec::new();
        for file in self.0.keys().map(String::as_str) {
            let circle: Vec<_> =
                reachable[file].iter().copied().filter(|other| reachable[other].contains(file)).collect();
            if circle.len() > 1 && !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles
    }

    fn reachable<'a>(&'a self, file: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            next.extend(self.0[file].iter().map(String::as_str).filter(|other| found.insert(*other)));
        }
        found
    }
}

/// `http::c2a::store` of `http/c2a/store.rs`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let path = path.trim_end_matches("/mod");
    if path == "lib" || path == "main" {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

/// The file of the longest module that `path` begins with.
fn file<'a>(path: &[String], modules: &BTreeMap<Vec<String>, &'a str>) -> Option<&'a str> {
    (1..=path.len()).rev().find_map(|length| modules.get(&path[..length]).copied())
}

/// Every path the code names, from the root of the crate.
fn paths(file: &str, code: &str, modules: &BTreeMap<Vec<String>, &str>) -> Vec<Vec<String>> {
    let here = module(file);
    let parent = here[..here.len().saturating_sub(1)].to_vec();
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if !after.starts_with("::") {
            continue;
        }
        let mut child = here.clone();
        child.push(word.to_owned());
        let base = match word {
            "crate" => Vec::new(),
            "self" => here.clone(),
            "super" => parent.clone(),
            _ if modules.contains_key(&child) => child,
            _ => {
                // A path into something imported, or of another crate: its own `use` says which.
                rest = skip_path(after);
                continue;
            }
        };
        rest = tree(&after[2..], base, &mut found);
    }
    found
}

/// Reads what follows `::`: a path, or a group of paths in braces.
fn tree<'a>(mut text: &'a str, base: Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    if let Some(mut group) = text.strip_prefix('{') {
        loop {
            group = group.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if group.is_empty() || group.starts_with('}') {
                return group.strip_prefix('}').unwrap_or(group);
            }
            group = tree(group, base.clone(), found);
        }
    }
    let mut path = base;
    loop {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        match word {
            "super" => {
                path.pop();
            }
            "self" | "" => {}
            word => path.push(word.to_owned()),
        }
        match after.strip_prefix("::") {
            Some(more) if more.starts_with('{') => return tree(more, path, found),
            Some(more) => text = more,
            None => {
                found.push(path);
                let after = after.strip_prefix(" as ").map_or(after, |name| {
                    name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_')
                });
                // Something that is no path at all: do not read it again for ever.
                return if word.is_empty() { after.get(1..).unwrap_or_default() } else { after };
            }
        }
    }
}

fn skip_path(mut text: &str) -> &str {
    while let Some(more) = text.strip_prefix("::") {
        if more.starts_with('{') {
            return more;
        }
        text = more.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    }
    text
}

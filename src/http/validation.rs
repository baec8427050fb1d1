//! What `validator` collected, as [`FieldError`]s: wire names, in alphabetical order, never a rejected value.

use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::field::{CALLERS, ITSELF};
use crate::domain::field_error::FieldError;

/// Everything wrong with `request`.
pub fn field_errors(request: &impl Validate) -> Vec<FieldError> {
    let mut found = Vec::new();
    if let Err(errors) = request.validate() {
        collect(&errors, "", &mut found);
    }
    found.sort_by(|a, b| a.field.cmp(&b.field));
    found
}

fn collect(errors: &ValidationErrors, path: &str, found: &mut Vec<FieldError>) {
    for (name, kind) in &errors.0 {
        let field = join(path, name);
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &field, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{field}[{index}]"), found);
                }
            }
            ValidationErrorsKind::Field(problems) => {
                found.extend(problems.iter().map(|problem| FieldError {
                    field: field.clone(),
                    code: problem.code.clone(),
                    message: problem.message.clone().unwrap_or_default(),
                }));
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if name == ITSELF {
        return path.to_owned();
    }
    let name = name.strip_prefix(CALLERS).map_or_else(|| camel_case(name), str::to_owned);
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// serde's `rename_all = "camelCase"`, for `validator` reports Rust's names.
pub fn camel_case(snake_case: &str) -> String {
    let mut words = snake_case.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

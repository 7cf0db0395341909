//! A source as the checks read it: what is code, what is prose, what is a test.

/// A file, taken apart.
pub struct Source {
    /// Seen from the root of the package.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Comments and the insides of strings blanked out; every byte stays in its line.
    pub code: String,
    /// Only the insides of strings blanked out.
    pub prose: String,
    /// For each line whether it belongs to a test.
    tests: Vec<bool>,
}

/// What is wrong, and in which line.
#[derive(Default)]
pub struct Breaches(Vec<(usize, String)>);

impl Breaches {
    pub fn add(&mut self, line: usize, what: String) {
        let at = self.0.partition_point(|(earlier, _)| *earlier <= line);
        self.0.insert(at, (line, what));
    }

    pub fn lines(&self) -> Vec<usize> {
        self.0.iter().map(|(line, _)| *line).collect()
    }

    pub fn told(&self, path: &str) -> Vec<String> {
        self.0.iter().map(|(line, what)| format!("{path}:{line}: {what}")).collect()
    }
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let spans = spans(text);
        let code = blanked(text, &spans, true);
        let prose = blanked(text, &spans, false);
        let whole = path.starts_with("tests/") || path.ends_with("tests.rs");
        let tests = test_lines(&code, whole);
        Source { path: path.to_owned(), text: text.to_owned(), code, prose, tests }
    }

    /// The module below `src/` that it belongs to; none for `lib.rs`, `main.rs` and tests.
    pub fn module(&self) -> Option<&str> {
        let (module, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        (module != "bin").then_some(module)
    }

    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub fn is_test(&self, line: usize) -> bool {
        self.tests.get(line - 1).copied().unwrap_or(false)
    }

    pub fn line_of(&self, at: usize) -> usize {
        line_of(&self.code, at)
    }

    /// The modules that follow `crate::`, also those of a group, with their lines.
    pub fn modules_named(&self) -> Vec<(usize, &str)> {
        let mut named = Vec::new();
        for (at, word) in self.code.match_indices("crate::") {
            let rest = at + word.len();
            match self.code[rest..].strip_prefix('{') {
                None => named.push(rest),
                Some(group) => named.extend(heads(group).into_iter().map(|it| rest + 1 + it)),
            }
        }
        named.into_iter().map(|at| (self.line_of(at), ident(&self.code[at..]))).collect()
    }
}

/// Where the paths of a `use` group begin.
fn heads(group: &str) -> Vec<usize> {
    let (mut depth, mut fresh, mut heads) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                heads.push(at);
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

fn ident(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// True when a word that was found is one, and not the end or the beginning of another.
pub fn is_word_at(text: &str, at: usize, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let open = word.starts_with(part) && text[..at].ends_with(part);
    let goes_on = word.ends_with(part) && text[at + word.len()..].starts_with(part);
    !open && !goes_on
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Comment,
    Text,
}

/// Where comments and the insides of strings are.
fn spans(text: &str) -> Vec<(Kind, usize, usize)> {
    let (mut at, mut spans) = (0, Vec::new());
    while at < text.len() {
        let rest = &text[at..];
        let found = if rest.starts_with("//") {
            Some((Kind::Comment, 0, rest.find('\n').unwrap_or(rest.len())))
        } else if rest.starts_with("/*") {
            Some((Kind::Comment, 0, rest.find("*/").map_or(rest.len(), |it| it + 2)))
        } else if !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            string(rest)
        } else {
            (rest.starts_with('"')).then(|| plain_string(rest, 1))
        };
        match found {
            Some((kind, from, to)) => {
                spans.push((kind, at + from, at + to));
                at += to.max(1) + usize::from(kind == Kind::Text);
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    spans
}

/// The inside of a string or character that begins here.
fn string(rest: &str) -> Option<(Kind, usize, usize)> {
    let bare = rest.strip_prefix('b').unwrap_or(rest);
    let prefix = rest.len() - bare.len();
    if let Some(raw) = bare.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if !raw[hashes..].starts_with('"') {
            return None;
        }
        let from = prefix + 1 + hashes + 1;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some((
            Kind::Text,
            from,
            rest[from..].find(&end).map_or(rest.len(), |it| from + it),
        ));
    }
    if bare.starts_with('"') {
        return Some(plain_string(rest, prefix + 1));
    }
    let inside = bare.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    let length = match first {
        '\\' => 1 + inside[1..].chars().next()?.len_utf8(),
        first => first.len_utf8(),
    };
    let length = if inside.starts_with("\\u") || inside.starts_with("\\x") {
        inside.find('\'')?
    } else {
        length
    };
    let from = prefix + 1;
    inside[length..].starts_with('\'').then_some((Kind::Text, from, from + length))
}

fn plain_string(rest: &str, from: usize) -> (Kind, usize, usize) {
    let mut escaped = false;
    for (at, c) in rest[from..].char_indices() {
        match c {
            '"' if !escaped => return (Kind::Text, from, from + at),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    (Kind::Text, from, rest.len())
}

fn blanked(text: &str, spans: &[(Kind, usize, usize)], comments: bool) -> String {
    let mut blank = text.to_owned();
    for &(kind, from, to) in spans.iter().rev() {
        if kind == Kind::Text || comments {
            let to = to.min(text.len());
            let gap = text[from..to].chars().map(|c| if c == '\n' { '\n' } else { ' ' });
            blank.replace_range(from..to, &gap.collect::<String>());
        }
    }
    blank
}

/// A module behind `#[cfg(test)]` reaches to the brace in its own column.
fn test_lines(code: &str, whole: bool) -> Vec<bool> {
    let (mut inside, mut tests) = (false, Vec::new());
    for line in code.lines() {
        inside |= line == "#[cfg(test)]";
        tests.push(inside || whole);
        inside &= !(line == "}" || (line.starts_with("mod ") && line.ends_with(';')));
    }
    tests
}

/// Where each function begins that is declared in this code: at its `fn`.
fn functions(code: &str) -> impl Iterator<Item = usize> {
    let named = |at: usize| code[at + 3..].starts_with(|c: char| c.is_alphabetic() || c == '_');
    code.match_indices("fn ")
        .map(|(at, _)| at)
        .filter(move |&at| is_word_at(code, at, "fn") && named(at))
}

/// The first and the last line of each function that has a body.
pub fn function_ranges(code: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    for at in functions(code) {
        let (mut brackets, mut braces) = (0, 0);
        for (offset, c) in code[at..].char_indices() {
            match c {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                ';' if brackets == 0 && braces == 0 => break,
                '{' => braces += 1,
                '}' => braces -= 1,
                _ => continue,
            }
            if c == '}' && braces == 0 {
                ranges.push((line_of(code, at), line_of(code, at + offset)));
                break;
            }
        }
    }
    ranges
}

/// The first line of each function, and how many parameters it has; `self` is not counted.
pub fn parameter_count(code: &str) -> Vec<(usize, usize)> {
    functions(code).map(|at| (line_of(code, at), count_parameters(&code[at..]))).collect()
}

fn count_parameters(function: &str) -> usize {
    let (mut depth, mut angles, mut before) = (0, 0, ' ');
    let (mut parts, mut part) = (Vec::new(), String::new());
    for c in function.chars() {
        let (was_depth, was_angles) = (depth, angles);
        match c {
            '<' => angles += 1,
            '>' if before != '-' && before != '=' => angles -= 1,
            '(' | '[' if depth > 0 || angles == 0 => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            _ => {}
        }
        before = c;
        if was_depth > 0 && depth == 0 {
            break;
        }
        match c {
            ',' if depth == 1 && was_angles == 0 => parts.push(std::mem::take(&mut part)),
            c if was_depth > 0 => part.push(c),
            _ => {}
        }
    }
    parts.push(part);
    let real = |part: &&String| {
        let name = part.split(':').next().unwrap_or_default().trim();
        !name.is_empty() && !name.split_whitespace().any(|it| it.trim_start_matches('&') == "self")
    };
    parts.iter().filter(real).count()
}

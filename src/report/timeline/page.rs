//! `timeline.html`: one file that opens from disk, without a network: the template with style, code
//! and data put into it.

use super::data::Data;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// In the order in which they build upon each other.
const CODE: [&str; 6] = [
    include_str!("js/data.js"),
    include_str!("js/view.js"),
    include_str!("js/filter.js"),
    include_str!("js/draw.js"),
    include_str!("js/panels.js"),
    include_str!("js/main.js"),
];

/// The page.
pub fn page(title: &str, data: &Data) -> String {
    let json = serde_json::to_string(data).expect("the data have only text keys");
    // The data last: they may hold whatever the marks of the others look like.
    PAGE.replace("{{title}}", &escaped(title))
        .replace("{{style}}", STYLE)
        .replace("{{code}}", &CODE.concat())
        .replace("{{data}}", &inert(&json))
}

/// JSON in which no `<` is left: it only ever stands inside of texts, and there `\u003c` is the
/// same. So neither `</script` nor `<!--` can end or change the element around it.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_data_can_leave_their_element() {
        let text = serde_json::to_string("a</script><!--<b>").expect("a text");
        let inert = inert(&text);
        assert!(!inert.contains('<'), "{inert}");
        let read: String = serde_json::from_str(&inert).expect("still JSON");
        assert_eq!(read, "a</script><!--<b>");
    }

    #[test]
    fn the_template_has_a_place_for_each_part() {
        for mark in ["{{title}}", "{{style}}", "{{code}}", "{{data}}"] {
            assert_eq!(PAGE.matches(mark).count(), 1, "{mark}");
        }
        for part in [STYLE, &CODE.concat()] {
            assert!(!part.contains("</s") && !part.contains("{{"), "it stands inside an element");
        }
    }
}

//! Documents of several vendors: rows are those that were written down by reading the documents, in `golden/*.txt`, and not by running the program.
//!
//! Such a file names the document below ../shared/ccda and what is peculiar about it. Then it has a part for each table, which tells all rows of that
//! document: the table's name, a line with columns, a line for each row in the document's order. Between cells stands ` | `, and `-` is no value; within a
//! cell `¦` is such a bar, `¶` a new line, and ` …` at its end anything more.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{corpus_check::corpus, harness::Sandbox};

/// What the rows of one table are.
struct Part {
    table: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// What the rows of one document are.
struct Golden {
    name: String,
    document: String,
    parts: Vec<Part>,
}

fn cells(line: &str) -> Vec<String> {
    line.split(" | ").map(str::to_owned).collect()
}

fn part(text: &str) -> Part {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let mut next = || lines.next().unwrap_or_else(|| panic!("a part without a name or columns: {text}"));
    let (table, columns) = (next().to_owned(), cells(next()));
    let rows: Vec<_> = lines.map(cells).collect();
    for row in &rows {
        assert_eq!(row.len(), columns.len(), "{table}: as many cells as columns in {row:?}");
    }
    Part { table, columns, rows }
}

/// What is written down, by document.
fn golden() -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/flatten/golden");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let mut parts = text.split("\n== ");
        let document = parts.next().and_then(|head| head.lines().next()).unwrap().to_owned();
        Golden { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), document, parts: parts.map(part).collect() }
    };
    files.iter().map(read).collect()
}

/// The cells of a table's rows as they are written down, in the document's order.
async fn told(sandbox: &Sandbox, document: &str, part: &Part) -> Vec<Vec<String>> {
    let cell = |column: &String| {
        format!("CASE typeof(t.\"{column}\") WHEN 'null' THEN '-' WHEN 'real' THEN printf('%.15g', t.\"{column}\") ELSE t.\"{column}\" END")
    };
    let cells: Vec<_> = part.columns.iter().map(cell).collect();
    let sql = format!("SELECT {} FROM {} t WHERE t.document_id = {document} ORDER BY t.seq", cells.join(", "), part.table);
    let rows = sandbox.ask(&sql).await;
    rows.into_iter().map(|row| row.iter().map(|cell| cell.replace(" | ", " ¦ ").replace('\n', "¶")).collect()).collect()
}

fn is_as_written(told: &[String], written: &[String]) -> bool {
    let cell = |told: &String, written: &String| match written.strip_suffix(" …") {
        Some(beginning) => told.starts_with(beginning),
        None => told == written,
    };
    told.len() == written.len() && told.iter().zip(written).all(|(told, written)| cell(told, written))
}

/// Where the rows are not those that are written down: `-` what is written, `+` what is told.
fn differences(part: &Part, told: &[Vec<String>]) -> Vec<String> {
    let longest = part.rows.len().max(told.len());
    let pairs = (0..longest).map(|index| (part.rows.get(index), told.get(index)));
    let differing = pairs.filter(|(written, told)| !matches!((written, told), (Some(written), Some(told)) if is_as_written(told, written)));
    let line = |sign: char, row: Option<&Vec<String>>| row.map(|row| format!("{sign} {}", row.join(" | ")));
    differing.flat_map(|(written, told)| [line('-', written), line('+', told)]).flatten().collect()
}

#[tokio::test]
async fn the_rows_of_real_documents_are_those_that_were_written_down_by_reading_them() {
    let Some(corpus) = corpus() else {
        eprintln!("skipped: no documents in ../shared/ccda");
        return;
    };
    let golden = golden();
    let files = tempfile::tempdir().unwrap();
    for Golden { name, document, .. } in &golden {
        fs::copy(corpus.join(document), files.path().join(format!("{name}.xml"))).unwrap_or_else(|error| panic!("{document}: {error}"));
    }
    let sandbox = Sandbox::start(&["--documents", files.path().to_str().unwrap()]);
    assert_eq!(sandbox.run(&[]).code(), 0);
    let (mut report, mut tables, mut rows) = (String::new(), BTreeSet::new(), 0);
    for Golden { name, parts, .. } in &golden {
        let by_file = "SELECT d.id FROM documents d JOIN patients p ON p.id = d.patient_id WHERE p.extra ->> 'file'";
        let document = &sandbox.ask(&format!("{by_file} = '{name}.xml'")).await[0][0];
        for part in parts {
            let differing = differences(part, &told(&sandbox, document, part).await);
            if !differing.is_empty() {
                report += &format!("{name}, {}\n  {}\n{}\n", part.table, part.columns.join(" | "), differing.join("\n"));
            }
            if !part.rows.is_empty() {
                tables.insert(part.table.as_str());
            }
            rows += part.rows.len();
        }
    }
    assert!(report.is_empty(), "rows (+) are not as they were written down (-):\n{report}");
    let of_entries =
        "SELECT t.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'section_id'";
    let of_entries = sandbox.ask(of_entries).await.concat();
    let untold: Vec<_> = of_entries.iter().filter(|table| !tables.contains(table.as_str())).collect();
    assert!(untold.is_empty(), "no document has rows of {untold:?}");
    eprintln!("{} documents, {rows} rows of {} tables", golden.len(), tables.len());
}

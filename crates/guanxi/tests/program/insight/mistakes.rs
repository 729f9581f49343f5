//! What is wrong is told with column, row, reason and remedy; exit code 1 for the file, 2 for the flags.

use super::run::{Folder, run};

#[track_caller]
fn fails(arguments: &[&str], code: i32, parts: &[&str]) {
    let output = run(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(errors.contains(part), "`{part}` is not in: {errors}");
    }
}

#[test]
fn the_file_is_wrong() {
    let folder = Folder::new();
    let flags = ["--customer", "id", "--date", "day", "--amount", "total"];
    for (text, parts) in [
        (
            "id,day,total\na,2026-01-01,1\nb,2026-01-02,ten\n",
            ["row 3", "`total`", "`ten`", "1234.5"],
        ),
        (
            "id,day,total\na,soon,1\n",
            ["row 2", "`day`", "`soon`", "YYYY-MM-DD"],
        ),
        (
            "id,day,total\na,2026-01-01,\n",
            ["row 2", "`total`", "is empty", "fill it in"],
        ),
        (
            "id,day\na,2026-01-01\n",
            ["no column `total`", "id, day", "orders.csv", ""],
        ),
        ("", ["is empty", "orders.csv", "", ""]),
    ] {
        let file = folder.file("orders.csv", text);
        fails(&[&["rfm", "--in", &file], &flags[..]].concat(), 1, &parts);
    }
    fails(
        &[&["rfm", "--in", "nowhere.csv"], &flags[..]].concat(),
        1,
        &["nowhere.csv", "can't be read"],
    );
    let scores = folder.file("scores.csv", "score\n7\n11\n");
    fails(
        &["nps", "--in", &scores, "--score", "score"],
        1,
        &["row 3", "`score`", "11", "from 0 to 10"],
    );
}

#[test]
fn the_flags_are_wrong() {
    let folder = Folder::new();
    let file = folder.file("orders.csv", "id,day,total\na,2026-01-01,1\n");
    fails(&["rfm", "--in", &file], 2, &["--customer"]);
    fails(&["astrology", "--in", &file], 2, &["astrology"]);
    fails(
        &[
            "basket",
            "--in",
            &file,
            "--min-support",
            "7",
            "--format",
            "baskets",
        ],
        2,
        &["--min-support"],
    );
    fails(
        &[
            "cube",
            "--in",
            &file,
            "--rows",
            "id",
            "--measures",
            "total(x)",
        ],
        2,
        &["total(x)"],
    );
    fails(
        &["cube", "--in", &file, "--rows", "id", "--filter", "total >"],
        1,
        &["--filter"],
    );
}

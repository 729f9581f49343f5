//! One file per kind. Adding a kind is adding a file: the folder is the list.

automod::dir!("src/kinds");

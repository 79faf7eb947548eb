//! The Dockerfile, read here, for nothing that could build it is at hand: its stages, and that what one takes is there in the other.

use std::path::Path;

use super::{assert_understood, text};

/// One instruction with its arguments; lines that go on are one.
type Instruction = (String, String);

fn instructions() -> Vec<Instruction> {
    let lines: Vec<_> = text("Dockerfile").lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let split = |line: &str| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim().to_owned()));
    joined.lines().filter_map(split).collect()
}

/// The two stages, each without its FROM.
fn stages() -> [Vec<Instruction>; 2] {
    let all = instructions();
    let starts: Vec<_> = (0..all.len()).filter(|at| all[*at].0 == "FROM").collect();
    assert_eq!(starts.len(), 2, "{all:#?}");
    assert!(all[starts[0]].1.ends_with(" AS build"), "{all:#?}");
    assert_eq!(all[starts[1]].1, "scratch");
    [all[starts[0] + 1..starts[1]].to_vec(), all[starts[1] + 1..].to_vec()]
}

fn of<'a>(stage: &'a [Instruction], word: &str) -> Vec<&'a str> {
    stage.iter().filter(|(found, _)| found == word).map(|(_, rest)| rest.as_str()).collect()
}

#[test]
fn the_build_stage_has_the_toolchain_and_every_source_that_it_copies() {
    let [build, _] = stages();
    let manifest = include_str!("../../../Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(instructions()[0].1.starts_with(&format!("rust:{version}-")), "{:?}", instructions()[0]);
    let copied: Vec<&str> = of(&build, "COPY").into_iter().flat_map(|copy| copy.split(' ').rev().skip(1)).collect();
    for source in &copied {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{source}");
    }
    // Whatever cargo wants of this folder: the manifest, the lock, and the folders of the targets that it lists.
    for needed in ["Cargo.toml", "Cargo.lock", "src", "migrations", "benches"] {
        assert!(copied.contains(&needed), "{needed}");
    }
    let run = of(&build, "RUN").join("\n");
    assert!(run.contains("RUSTFLAGS=\"-C target-feature=+crt-static\" cargo build --release --locked --target"), "{run}");
}

#[test]
fn what_the_image_takes_from_the_build_is_made_there() {
    let [build, image] = stages();
    let run = of(&build, "RUN").join("\n");
    for copy in of(&image, "COPY") {
        let words: Vec<_> = copy.split(' ').filter(|word| !word.starts_with("--chown=")).collect();
        let [from, source, target] = words[..] else { panic!("{copy}") };
        assert_eq!(from, "--from=build");
        let made = match source {
            // The package makes it.
            "/etc/ssl/certs/ca-certificates.crt" => run.contains("install -y --no-install-recommends ca-certificates ") && source == target,
            source => run.contains(source),
        };
        assert!(made, "{source} is made nowhere in {run}");
    }
    assert!(of(&image, "RUN").is_empty(), "there is nothing in the image that could run");
}

#[test]
fn the_image_starts_the_program_as_an_ordinary_user_who_owns_the_folder_for_state() {
    let [_, image] = stages();
    let user = of(&image, "USER");
    assert!(user.len() == 1 && user[0].split(':').all(|id| id.parse::<u32>().unwrap() > 999), "{user:?}");
    let copies = of(&image, "COPY");
    let entry: Vec<String> = serde_json::from_str(of(&image, "ENTRYPOINT")[0]).unwrap();
    assert!(entry.len() == 1 && copies.iter().any(|copy| copy.ends_with(&format!(" {}", entry[0]))), "{entry:?}");
    let environment = of(&image, "ENV").join(" ");
    let state = environment.split_whitespace().find_map(|word| word.strip_prefix("STATE_DIRECTORY=")).unwrap();
    let owned = format!("--chown={} ", user[0]);
    assert!(copies.iter().any(|copy| copy.contains(&owned) && copy.ends_with(&format!(" {state}"))), "{copies:?}");
    // The same folders and user as in the manifests, which run this image.
    let manifest = text("cronjob.yaml");
    for word in [state, "/etc/ccda-export", &format!("runAsUser: {}", user[0].split(':').next().unwrap())] {
        assert!(manifest.contains(word), "{word}");
    }
    let default: Vec<String> = serde_json::from_str(of(&image, "CMD")[0]).unwrap();
    assert_eq!(default, ["--help"]);
    assert_understood(&[]);
}

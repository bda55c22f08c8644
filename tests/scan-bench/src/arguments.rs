//! The command line.

use std::path::PathBuf;

/// What the command line understands.
pub(crate) const USAGE: &str = "\
usage: cargo xtask bench scan [OPTIONS]

  --seed N          draw other frames (default 20261123)
  --percent N       draw only so many percent of each category's frames (default 100)
  --films N         draw so many films of 40 frames (default 20)
  --only CATEGORY   only categories whose name begins so; may be repeated
  --data FOLDER     also measure the frames and photos below this folder; may be repeated
  --no-synthetic    draw nothing
  --list            name the frames in which we miss a code or read one that is not there
  --json FILE       where the figures go";

/// A command line that was understood.
pub(crate) struct Arguments {
    pub(crate) seed: u64,
    pub(crate) percent: u32,
    pub(crate) films: u32,
    pub(crate) only: Vec<String>,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) draws: bool,
    pub(crate) lists: bool,
    pub(crate) report: PathBuf,
}

impl Arguments {
    /// Reads the words after the program's name; the error is a sentence.
    pub(crate) fn parse(words: &[String]) -> Result<Arguments, String> {
        let mut arguments = Arguments {
            seed: 20_261_123,
            percent: 100,
            films: 20,
            only: Vec::new(),
            folders: Vec::new(),
            draws: true,
            lists: false,
            report: PathBuf::from("target/bench/scan.json"),
        };
        let mut words = words.iter();
        while let Some(option) = words.next() {
            match option.as_str() {
                "--no-synthetic" => {
                    arguments.draws = false;
                    continue;
                }
                "--list" => {
                    arguments.lists = true;
                    continue;
                }
                _ => {}
            }
            let value = words.next().ok_or_else(|| format!("`{option}` needs a value"))?;
            let number = || {
                value
                    .parse::<u64>()
                    .map_err(|_| format!("`{value}` is not a whole number"))
            };
            let small =
                || number().and_then(|n| u32::try_from(n).map_err(|_| format!("`{value}` is too large")));
            match option.as_str() {
                "--seed" => arguments.seed = number()?,
                "--percent" => arguments.percent = small()?,
                "--films" => arguments.films = small()?,
                "--only" => arguments.only.push(value.clone()),
                "--data" => arguments.folders.push(PathBuf::from(value)),
                "--json" => arguments.report = PathBuf::from(value),
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        Ok(arguments)
    }

    /// Whether a category is to be measured.
    pub(crate) fn wants(&self, category: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| category.starts_with(start.as_str()))
    }
}

//! The other side of a witnessing, without a second window: an inspector for the gate's screen, a gate for the
//! inspector's, and eyes that read a code from the screen.

use std::convert::Infallible;

use gatepost_ledger::Seal;
use gatepost_ledger::note::{KeyKind, KeyName, SignerKey};
use gatepost_ledger::tree::{Frontier, Hash, NodeId, Nodes};
use gatepost_ledger::witness::WitnessMemory;
use gatepost_ledger::witness_exchange::{Hello, WitnessMessage, request_for};
use gatepost_scan::synthetic::{CodeColour, DoorScene};
use gatepost_scan::{Detection, FrameView, PixelLayout, scan};
use zeroize::Zeroizing;

use crate::camera_file::{CameraFile, now_ms};
use crate::window::Window;

/// An inspector who is no window, by the name `witness.example/inspector`.
#[derive(Debug, Default)]
pub struct Inspector {
    memory: WitnessMemory,
}

impl Inspector {
    fn key() -> SignerKey {
        let name = KeyName::new("witness.example/inspector").expect("a name without spaces and plus");
        SignerKey::of_seed(name, KeyKind::Cosignature, &Zeroizing::new([7; 32]))
    }

    /// The first code: at the ledger that was seen last time, or at one that was never seen.
    #[must_use]
    pub fn hello(&self) -> Vec<u8> {
        let known = self.memory.ledgers().next();
        let hello = Hello {
            witness: Inspector::key().verifier(),
            known: known.map(|known| (known.key.name().clone(), known.size)),
        };
        WitnessMessage::Hello(hello).to_bytes()
    }

    /// The answer to a gate's code. A gate that was never seen is trusted, as if eight words had been compared.
    ///
    /// # Panics
    /// When it is no gate's code, or the gate contradicts what was seen before.
    #[must_use]
    pub fn answer(&mut self, code: &[u8]) -> Vec<u8> {
        let Ok(WitnessMessage::Request(request)) = WitnessMessage::parse(code) else {
            panic!("{} bytes that are no gate's code", code.len())
        };
        self.memory
            .trust(request.key.clone())
            .expect("the gate kept its key");
        let now = u64::try_from(now_ms() / 1000).expect("it is after 1970");
        let cosigned = self
            .memory
            .consider(&request, &Inspector::key(), now)
            .expect("the ledger continues what was seen");
        WitnessMessage::Cosignature(cosigned.line).to_bytes()
    }
}

/// A gate that is no window, by the name `gatepost.example/venue/gate`: a tree of made-up records.
#[derive(Debug)]
pub struct Gate {
    leaves: Vec<Hash>,
}

impl Gate {
    /// One with `records` records. Those of another `history` differ from the first on.
    #[must_use]
    pub fn with(history: &str, records: u64) -> Gate {
        Gate {
            leaves: (0..records)
                .map(|index| Hash::of_leaf(format!("{history} {index}").as_bytes()))
                .collect(),
        }
    }

    fn key() -> SignerKey {
        let name = KeyName::new("gatepost.example/venue/gate").expect("a name without spaces and plus");
        SignerKey::of_seed(name, KeyKind::Note, &Zeroizing::new([9; 32]))
    }

    /// Its answer to an inspector's first code.
    ///
    /// # Panics
    /// When it is no such code, or asks for another ledger.
    #[must_use]
    pub fn answer(&self, code: &[u8]) -> Vec<u8> {
        let Ok(WitnessMessage::Hello(hello)) = WitnessMessage::parse(code) else {
            panic!("{} bytes that are no inspector's code", code.len())
        };
        let mut tree = Frontier::default();
        for leaf in &self.leaves {
            tree.append(*leaf, &mut Vec::new());
        }
        let key = Gate::key().verifier();
        let seal = Seal {
            origin: key.name().clone(),
            size: tree.size(),
            root: tree.root(),
        };
        let request = request_for(&hello, self, &seal.sign(&Gate::key()), &key, &[]);
        WitnessMessage::Request(Box::new(request.expect("the seal is its own"))).to_bytes()
    }
}

impl Nodes for Gate {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        let width = 1_usize << id.level;
        let start = usize::try_from(id.index).expect("a small tree") * width;
        let mut hashes = self.leaves[start..start + width].to_vec();
        while hashes.len() > 1 {
            hashes = hashes
                .chunks(2)
                .map(|pair| Hash::of_node(&pair[0], &pair[1]))
                .collect();
        }
        Ok(hashes[0])
    }
}

impl CameraFile {
    /// Another device's screen with a code of these bytes, black on white.
    pub fn show_bytes(&self, code: &[u8]) {
        self.show_scene(&DoorScene {
            payload: Some(code.to_vec()),
            colour: CodeColour::Dark,
            module_px: 5.0,
            noise: 1.0,
            ..DoorScene::default()
        });
    }
}

impl Window {
    /// The largest code on the screen, read from a picture of the window as another device's camera would; what
    /// the own camera sees may be shown beside it.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn read_code(&self) -> Vec<u8> {
        let screenshot = self.screenshot();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&screenshot[..]));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().expect("the driver gives a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("the picture has a size")];
        let picture = reader.next_frame(&mut pixels).expect("the picture is whole");
        let samples = picture.color_type.samples();
        let rgb: Vec<u8> = pixels[..picture.buffer_size()]
            .chunks_exact(samples)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        let (width, height) = (picture.width as usize, picture.height as usize);
        let view = FrameView::packed(PixelLayout::Rgb, &rgb, width, height).expect("the picture is packed");
        let height_of = |code: &Detection| (code.corners[3].y - code.corners[0].y).abs();
        scan(&view)
            .into_iter()
            .max_by(|one, other| height_of(one).total_cmp(&height_of(other)))
            .expect("there is a code on the screen")
            .payload
    }
}

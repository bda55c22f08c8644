//! From the sampled codewords of a symbol to its data: each block corrected, with erasures where errors alone are
//! too many.

use std::cell::OnceCell;

use super::format::Format;
use super::layout::{Blocks, Codeword, Doubt, Layout, View};
use super::reed_solomon::{MOST_CODEWORDS, Syndromes, capacity, correct, syndromes};

/// Modules of a codeword that must be unseen before it counts as unseen itself: with one of them it is right as often
/// as wrong, and an error costs twice an erasure.
const UNSEEN_MODULES: u8 = 2;

/// One way round of a symbol, and what all readings of it share.
pub(super) struct Sampled<'a> {
    layout: &'a Layout,
    pub(super) view: View<'a>,
    codewords: Vec<Codeword>,
    doubts: OnceCell<Vec<Doubt>>,
}

/// The data codewords of a symbol.
pub(super) struct Data {
    pub(super) codewords: Vec<u8>,
    /// Codewords that were wrong, parity included.
    pub(super) corrected: u16,
    /// Codewords that were not trusted.
    pub(super) erased: u16,
}

/// The modules of one block as error correction leaves them.
pub(crate) struct SettledBlock {
    /// Where each module is in [`Modules::values`](super::Modules::values), and whether it is dark.
    pub(crate) modules: Vec<(usize, bool)>,
    /// How many of them, the first ones, are data; the others are parity.
    pub(crate) data: usize,
    /// Share of the codewords in which a block with any other content differs at least: the code's distance.
    pub(crate) least_difference: f32,
}

impl<'a> Sampled<'a> {
    pub(super) fn of(layout: &'a Layout, view: View<'a>) -> Sampled<'a> {
        Sampled {
            layout,
            view,
            codewords: layout.codewords(view),
            doubts: OnceCell::new(),
        }
    }

    /// The data codewords under one reading of the format; `None` if a block cannot be corrected.
    pub(super) fn data(&self, format: Format) -> Option<Data> {
        let blocks = Blocks::of(self.view.version(), format.level);
        let mut data = Data {
            codewords: Vec::with_capacity(blocks.all_data()),
            corrected: 0,
            erased: 0,
        };
        let mut buffer = [0; MOST_CODEWORDS];
        for block in 0..blocks.count {
            let codewords = &mut buffer[..blocks.data(block) + blocks.parity];
            let repair = self.block(format, &blocks, block, codewords)?;
            data.corrected += repair.0;
            data.erased += repair.1;
            data.codewords.extend_from_slice(&codewords[..blocks.data(block)]);
        }
        Some(data)
    }

    /// The modules of every block under one reading of the format, as they are after correction; `None` if a block
    /// cannot be corrected.
    pub(super) fn settled(&self, format: Format) -> Option<Vec<SettledBlock>> {
        let blocks = Blocks::of(self.view.version(), format.level);
        let places = self.layout.module_places(self.view);
        let mut buffer = [0; MOST_CODEWORDS];
        (0..blocks.count)
            .map(|block| {
                let length = blocks.data(block) + blocks.parity;
                let codewords = &mut buffer[..length];
                self.block(format, &blocks, block, codewords)?;
                let mut modules = Vec::with_capacity(8 * length);
                for (codeword, place) in codewords.iter().zip(blocks.places(block)) {
                    // Masking is its own inverse.
                    let shown = self.codewords[place].masked(*codeword, format.mask);
                    let of_codeword = &places[8 * place..8 * place + 8];
                    modules.extend(
                        of_codeword
                            .iter()
                            .zip((0..8).rev())
                            .map(|(module, bit)| (*module, shown >> bit & 1 != 0)),
                    );
                }
                Some(SettledBlock {
                    modules,
                    data: 8 * blocks.data(block),
                    least_difference: (blocks.parity + 1) as f32 / length as f32,
                })
            })
            .collect()
    }

    /// Samples a block and corrects it; returns how many codewords were wrong and how many given up.
    fn block(
        &self,
        format: Format,
        blocks: &Blocks,
        block: usize,
        codewords: &mut [u8],
    ) -> Option<(u16, u16)> {
        for (codeword, place) in codewords.iter_mut().zip(blocks.places(block)) {
            *codeword = self.codewords[place].unmasked(format.mask);
        }
        match syndromes(codewords, blocks.parity) {
            Some(syndromes) => self.repaired(codewords, &syndromes, blocks, block),
            None => Some((0, 0)),
        }
    }

    /// Corrects a block, first without erasures, then with ever more of its most doubtful codewords given up; returns
    /// how many codewords were wrong and how many given up.
    fn repaired(
        &self,
        codewords: &mut [u8],
        syndromes: &Syndromes,
        blocks: &Blocks,
        block: usize,
    ) -> Option<(u16, u16)> {
        if let Some(wrong) = correct(codewords, syndromes, &[]) {
            return Some((wrong, 0));
        }
        let doubts = self.doubts.get_or_init(|| self.layout.doubts(self.view));
        let mut worst: Vec<(Doubt, usize)> =
            blocks.places(block).map(|place| doubts[place]).zip(0..).collect();
        worst.sort_by_key(|(doubt, _)| std::cmp::Reverse(doubt.weight));
        let most = capacity(blocks.parity, 1);
        worst.truncate(most);
        let unseen = worst
            .iter()
            .filter(|(doubt, _)| doubt.unseen >= UNSEEN_MODULES)
            .count();
        let positions: Vec<usize> = worst.into_iter().map(|(_, position)| position).collect();
        let mut settings = [unseen, most.div_ceil(3), (2 * most).div_ceil(3), most];
        settings.sort_unstable();
        let mut last = 0;
        for erased in settings {
            if erased > last {
                last = erased;
                if let Some(wrong) = correct(codewords, syndromes, &positions[..erased]) {
                    return Some((wrong, erased as u16));
                }
            }
        }
        None
    }
}

import type { CodeSlot, DoorView, EvidenceLevel, HealthColour, Mask } from '../../ipc/backend';
import { t } from '../../words/catalogue.svelte';
import { age, issuerName, slotOf } from '../../words/names';
import { isNobody } from '../../state/door.svelte';
import type { Card } from '../../state/door.svelte';

/** What both slots show, of the visitor who is there or of the one whose verdict is on the card. */
export type Slots = {
  code: CodeSlot;
  /** Typed so far, printed as a temperature; empty when nothing was typed. */
  typed: string;
  /** Tenths of a degree. */
  temperature: number | null;
  mask: Mask;
  follows: number | null;
};

/** The slots belong to the card's entry while it is shown and nobody else is there. */
export function slotsOf(view: DoorView, card: Card): Slots {
  const { visitor } = view;
  if (card.face !== 'verdict' || !isNobody(view)) {
    return { ...visitor, typed: asTemperature(visitor.typed) };
  }
  const { entry } = card;
  return {
    code: slotOf(entry),
    typed: '',
    temperature: entry.temperature,
    mask: entry.mask,
    follows: entry.follows,
  };
}

/** Typed digits with the point where Rust will put it: `365` → `36.5`. Anything else stays as it is. */
export function asTemperature(typed: string): string {
  return /^\d{3,4}$/.test(typed) ? `${typed.slice(0, 2)}.${typed.slice(2)}` : typed;
}

/** The colour mark of a slot. */
export function colourOf(slot: CodeSlot): HealthColour | 'document' | null {
  switch (slot.shown) {
    case 'empty':
      return null;
    case 'document':
      return 'document';
    case 'decoded':
    case 'seen_by_staff':
      return slot.colour;
  }
}

/** How far a slot is proven; `null` while it is empty. */
export function evidenceOf(slot: CodeSlot): EvidenceLevel | null {
  switch (slot.shown) {
    case 'empty':
      return null;
    case 'document':
      return 'document';
    case 'seen_by_staff':
      return 'seen_by_staff';
    case 'decoded':
      return slot.evidence;
  }
}

/** `绿码`, `身份证件`; an empty text for an empty slot. */
export function slotTitle(slot: CodeSlot): string {
  switch (slot.shown) {
    case 'empty':
      return '';
    case 'document':
      return t(`document-${slot.kind}`);
    case 'decoded':
    case 'seen_by_staff':
      return slot.colour ? t(`colour-${slot.colour}`) : t('colour-unknown');
  }
}

/** Issuer and age of a decoded code, or who saw the colour. */
export function slotAbout(slot: CodeSlot): string {
  switch (slot.shown) {
    case 'empty':
    case 'document':
      return '';
    case 'seen_by_staff':
      return t('colour-by-guard');
    case 'decoded': {
      const parts = [slot.issuer ? issuerName(slot.issuer) : t('issuer-unknown')];
      if (slot.age_seconds !== null) parts.push(age(slot.age_seconds));
      return parts.join(t('dot'));
    }
  }
}

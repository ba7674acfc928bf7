// Which texts are a person's name: all scripts, and no character that is not seen or that changes how
// others are seen. A name with them looks like another one, turns the text around it, or hides words.

/** UTF-16 code units. */
const LENGTH = 200;

// By Unicode's properties (UAX #44), as the runtime's version of Unicode has them:
//   C                           control, format (the bidirectional controls, zero-width space, soft
//                               hyphen, tags), half a surrogate pair, private use, unassigned
//   Zl, Zp                      line and paragraph separator
//   Default_Ignorable_...       what else is drawn as nothing: variation selectors, Hangul fillers,
//                               the combining grapheme joiner
//   U+2800, U+FFFC, U+FFFD      a Braille cell without dots, and what stands for lost content
const NOT_SEEN =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufffc\ufffd]/u;

// Invisible characters without which some names cannot be written right. Each is taken after what it
// belongs to and nowhere else, and once.
const SCRIPTS_WITH_JOINERS = [
  'Arabic',
  'Bengali',
  'Devanagari',
  'Gujarati',
  'Gurmukhi',
  'Kannada',
  'Khmer',
  'Malayalam',
  'Mongolian',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Syriac',
  'Tamil',
  'Telugu',
];
const LETTER_THAT_JOINS = `(?=\\p{L})[${SCRIPTS_WITH_JOINERS.map((s) => `\\p{Script=${s}}`).join('')}]`;
const NEEDED = [
  // Zero-width joiner and non-joiner, after a letter of such a script with its marks.
  `(?<=${LETTER_THAT_JOINS}\\p{M}*)[\\u200c\\u200d]`,
  // Variants of Chinese characters (UTS #37), which tell Japanese family names apart.
  '(?<=\\p{Unified_Ideograph})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  // Variants of Mongolian letters, and the separator of their last vowel.
  '(?<=(?=\\p{L})\\p{Script=Mongolian})[\\u180b-\\u180f]',
];
const NEEDED_THERE = new RegExp(NEEDED.join('|'), 'gu');

/** Whether a text is taken for a person's name. */
export function isPersonName(text) {
  return (
    text.length <= LENGTH && text.trim() !== '' && !NOT_SEEN.test(text.replace(NEEDED_THERE, ''))
  );
}

/**
 * The bundled Noto Sans SC, for systems without a Chinese font. It stands behind the system fonts in the
 * stack and in slices by character, so that a system with its own font reads none of it. Its table of slices
 * is a style sheet of its own, loaded after the first paint.
 */
import '@fontsource-variable/noto-sans-sc/index.css';

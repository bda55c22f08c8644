import { mount } from 'svelte';
import App from './App.svelte';
import './look/tokens.css';
import './look/base.css';
import { speakAsLastTime, start } from './state/program.svelte';

void start();
await speakAsLastTime();

const target = document.getElementById('app');
if (target) mount(App, { target });

requestAnimationFrame(() => void import('./look/fallback_font'));

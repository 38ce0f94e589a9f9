import { onContentUpdated, type Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { rememberLanguage, showLanguage } from './language';
import './style.css';

export default {
  extends: DefaultTheme,
  setup() {
    rememberLanguage();
    onContentUpdated(showLanguage);
  },
} satisfies Theme;

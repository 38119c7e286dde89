/** What vite adds to modules: addresses of assets, and what is known when a page is built. */
interface ImportMetaEnv {
  readonly BASE_URL: string;
  readonly DEV: boolean;
  readonly PROD: boolean;
}

interface ImportMeta {
  readonly url: string;
  readonly env: ImportMetaEnv;
}

declare module '*.css' {
  const styles: string;
  export default styles;
}

declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*?inline' {
  const text: string;
  export default text;
}

declare module '*?raw' {
  const text: string;
  export default text;
}

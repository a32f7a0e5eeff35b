// Style sheets are files that the build names.
declare module '*.css';

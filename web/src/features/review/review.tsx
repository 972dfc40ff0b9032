export default function X(_: any) { return null; }

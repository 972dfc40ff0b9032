export const trust_text='{}'; export const receipt_text='{}';

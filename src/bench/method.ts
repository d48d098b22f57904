/** Which way of measuring it is: raised whenever the same model on the same machine would be timed, asked or graded otherwise. */
export const MEASURING_METHOD = 1;

"""The HTML pages: parse, call one function, render."""

"""FILES: any file of leads an agency may upload, read into rows of text.

Promise: every row of the table comes out exactly once, as cells or as a broken row with the reason; a file that is no
table, or is made to harm, is refused with a sentence. Bytes of strangers are parsed only in a process of its own, with
little memory, little time and nothing to steal; nothing here knows the database, a key or HTTP.
"""

"""The months in the four languages, as dates spell them: in full, as after a day, and shortened."""

WORDS = (
    "january jan січня січень січ stycznia styczeń sty января январь янв",
    "february feb лютого лютий лют lutego luty lut февраля февраль фев февр",
    "march mar березня березень бер marca marzec марта март мар",
    "april apr квітня квітень кві квіт kwietnia kwiecień kwi апреля апрель апр",
    "may травня травень тра трав maja maj мая май",
    "june jun червня червень чер черв czerwca czerwiec cze июня июнь июн",
    "july jul липня липень лип lipca lipiec lip июля июль июл",
    "august aug серпня серпень сер серп sierpnia sierpień sie августа август авг",
    "september sep sept вересня вересень вер września wrzesień wrz сентября сентябрь сен сент",
    "october oct жовтня жовтень жов жовт października październik paź октября октябрь окт",
    "november nov листопада листопад лис лист listopada listopad lis ноября ноябрь ноя нояб",
    "december dec грудня грудень гру груд grudnia grudzień gru декабря декабрь дек",
)
MONTHS = {word: number for number, words in enumerate(WORDS, 1) for word in words.split()}

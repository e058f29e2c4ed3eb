package blotter

// months knows the names and usual abbreviations of the months in English, German and French, in lower case.
var months = map[string]int{
	"january": 1, "jan": 1, "januar": 1, "jänner": 1, "jän": 1, "janvier": 1, "janv": 1,
	"february": 2, "feb": 2, "febr": 2, "februar": 2, "feber": 2, "février": 2, "fevrier": 2, "févr": 2, "fevr": 2, "fév": 2,
	"march": 3, "mar": 3, "märz": 3, "maerz": 3, "mär": 3, "mrz": 3, "mars": 3,
	"april": 4, "apr": 4, "avril": 4, "avr": 4,
	"may": 5, "mai": 5,
	"june": 6, "jun": 6, "juni": 6, "juin": 6,
	"july": 7, "jul": 7, "juli": 7, "juillet": 7, "juil": 7,
	"august": 8, "aug": 8, "août": 8, "aout": 8,
	"september": 9, "sep": 9, "sept": 9, "septembre": 9,
	"october": 10, "oct": 10, "oktober": 10, "okt": 10, "octobre": 10,
	"november": 11, "nov": 11, "novembre": 11,
	"december": 12, "dec": 12, "dezember": 12, "dez": 12, "décembre": 12, "decembre": 12, "déc": 12,
}

// weekdays in the same languages. A weekday decides nothing, save the order of a numeric date: many feeds print
// the wrong one.
var weekdays = map[string]bool{
	"monday": true, "mon": true, "tuesday": true, "tue": true, "tues": true, "wednesday": true, "wed": true, "weds": true,
	"thursday": true, "thu": true, "thur": true, "thurs": true, "friday": true, "fri": true, "saturday": true, "sat": true,
	"sunday": true, "sun": true,
	"montag": true, "mo": true, "dienstag": true, "di": true, "mittwoch": true, "mi": true, "donnerstag": true, "do": true,
	"freitag": true, "fr": true, "samstag": true, "sonnabend": true, "sa": true, "sonntag": true, "so": true,
	"lundi": true, "lun": true, "mardi": true, "mar": true, "mercredi": true, "mer": true, "jeudi": true, "jeu": true,
	"vendredi": true, "ven": true, "samedi": true, "sam": true, "dimanche": true, "dim": true,
}

// dateLabels are the words and signs that stand before a date without being part of it.
var dateLabels = map[string]bool{
	"published": true, "publication": true, "publish": true, "posted": true, "updated": true, "last": true, "first": true,
	"date": true, "dated": true, "released": true, "release": true, "issued": true, "created": true, "added": true,
	"modified": true, "edited": true, "reviewed": true, "on": true, "at": true, "the": true, "of": true, "time": true,
	"uploaded": true, "update": true, "veröffentlicht": true, "vom": true, "am": true, "stand": true, "le": true, "den": true,
	"publié": true, "mis": true, "à": true, "jour": true, "du": true,
	":": true, "-": true, "–": true, "—": true, "|": true, "(": true, "[": true, ",": true, ".": true, "•": true, "·": true,
}

// zoneMinutes are the offsets from UTC of zone names as newsrooms print them. A name that several zones share has
// the meaning that RFC 822 gives it, or the one of the larger press; the source's own zone comes first anyway.
var zoneMinutes = map[string]int{
	"gmt": 0, "utc": 0, "ut": 0, "wet": 0,
	"bst": 60, "west": 60, "cet": 60, "mez": 60, "cest": 120, "mesz": 120, "eet": 120, "sast": 120, "eest": 180, "msk": 180, "trt": 180,
	"gst": 240, "pkt": 300, "ist": 330, "ict": 420, "sgt": 480, "hkt": 480, "awst": 480, "jst": 540, "kst": 540,
	"acst": 570, "aest": 600, "acdt": 630, "aedt": 660, "nzst": 720, "nzdt": 780,
	"nst": -210, "ndt": -150, "ast": -240, "adt": -180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
	"pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
}

// usZones are the names that mean standard or daylight time, whichever holds; the offsets are those of standard time.
var usZones = map[string]int{"et": -300, "ct": -360, "mt": -420, "pt": -480}

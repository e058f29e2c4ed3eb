package classify

import "strings"

// kind is what a word can be to the readers of facts; a word may be several things.
type kind uint32

const (
	numeral    kind = 1 << iota // twelve; num is its value
	scale                       // hundred, dozen, million; num is what it multiplies by
	article                     // a, an, another: one of what follows
	measure                     // kilos, litres; num is in the unit
	currency                    // pounds, euros
	counter                     // plants, tablets, rounds: what amounts of something are counted in; unit is the singular
	stop                        // ends a noun phrase: no thing behind it is counted by a number before it
	place                       // in, from, on: a thing behind it is where, and not what
	heap                        // haul, stash, farm: "a cannabis farm" is not one cannabis
	agent                       // officer, dealer, crime: "firearms officers" are no firearms
	verb                        // seized, found: what is counted before it is what was
	person                      // man, suspect: one
	persons                     // men, people; num is how many when the word itself says it, as pair does
	pronoun                     // he, she, him: one person
	trigger                     // arrested, charged
	nominal                     // arrest, arrests, conviction: a trigger that is a noun
	auxOne                      // was, is, has
	auxMany                     // were, are, have
	auxAny                      // had, been, being
	adverb                      // already, also
	month                       // num is its number
	common                      // begins with a capital and is no name of a person: weekdays, offices
	period                      // years, hours, metres: what is counted is no thing and no person
	determiner                  // the, his
	preposition
	fraction // half, quarter
	hedge    // begins what qualifies a number: more than, at least
)

// meaning is what the lexicon says of a word.
type meaning struct {
	kind kind
	num  float64
	unit string
}

// lexicon is what the readers know of words, by their normalised form. What can be seized is not in it: the rules say
// that.
var lexicon = words()

func words() map[string]meaning {
	t := table{}
	t.numbers()
	t.units()
	t.grammar()
	t.people()
	t.actions()
	return t
}

type table map[string]meaning

func (t table) add(k kind, num float64, unit, list string) {
	for w := range strings.FieldsSeq(list) {
		m := t[w]
		m.kind |= k
		if num != 0 {
			m.num = num
		}
		if unit != "" {
			m.unit = unit
		}
		t[w] = m
	}
}

func (t table) mark(k kind, list string) { t.add(k, 0, "", list) }

func (t table) numbers() {
	for n, w := range strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen " +
		"fourteen fifteen sixteen seventeen eighteen nineteen") {
		t.add(numeral, float64(n), "", w)
	}
	for n, w := range strings.Fields("twenty thirty forty fifty sixty seventy eighty ninety") {
		t.add(numeral, float64(n+2)*10, "", w)
	}
	t.add(scale, 12, "", "dozen")
	t.add(scale, 100, "", "hundred")
	t.add(scale, 1e3, "", "thousand k")
	t.add(scale, 1e6, "", "million mn mln m")
	t.add(scale, 1e9, "", "billion bn")
	t.add(scale, 1e12, "", "trillion tn")
	t.mark(article, "a an another")
	t.mark(fraction, "half quarter")
	t.mark(hedge, "more greater fewer less no not over above exceeding in an a minimum maximum upwards at up close "+
		"as under below about around some approximately approx roughly nearly almost estimated approximate circa "+
		"reportedly just well only exactly possibly between from")
	for n, w := range strings.Fields("january february march april may june july august september october november " +
		"december") {
		t.add(month|common, float64(n+1), "", w)
		if n != 4 {
			t.add(month|common, float64(n+1), "", w[:3])
		}
	}
	t.add(month|common, 9, "", "sept")
	t.mark(common, "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat "+
		"sun")
}

func (t table) units() {
	t.add(measure, 1, "kg", "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes")
	t.add(measure, 1e-3, "kg", "g gram grams gramme grammes gm gms")
	t.add(measure, 1e-6, "kg", "mg milligram milligrams")
	t.add(measure, 1e3, "kg", "tonne tonnes ton tons") // a long ton is within two per cent
	t.add(measure, 0.45359237, "kg", "lb lbs pound pounds")
	t.add(measure, 0.028349523, "kg", "oz ounce ounces")
	t.add(measure, 1, "l", "litre litres liter liters")
	t.add(measure, 1e-3, "l", "ml millilitre millilitres milliliter milliliters")
	t.add(measure, 3.785411784, "l", "gallon gallons")
	t.mark(currency, "pound pounds sterling gbp")
	for unit, list := range map[string]string{
		"GBP": "gbp sterling", "USD": "dollar dollars usd", "EUR": "euro euros eur", "AUD": "aud", "NZD": "nzd", "CAD": "cad",
		"JPY": "yen", "INR": "rupees", "CHF": "francs chf", "SEK": "kronor", "NOK": "kroner",
	} {
		t.add(currency, 0, unit, list)
	}
	for list := range strings.SplitSeq("plant plants, tablet tablets, pill pills, wrap wraps, round rounds, vial "+
		"vials, bag bags, package packages, packet packets, parcel parcels, bundle bundles, brick bricks, block "+
		"blocks, box boxes, bottle bottles, can cans, jar jars, carton cartons, crate crates, pack packs, pouch "+
		"pouches, capsule capsules, ampoule ampoules, dose doses, deal deals, rock rocks, sachet sachets, bar bars, "+
		"bale bales, sack sacks, container containers, magazine magazines, note notes, syringe syringes, baggie "+
		"baggies, piece pieces, set sets, sheet sheets, tub tubs, barrel barrels, stick sticks, cannister "+
		"cannisters, canister canisters, clip clips, glassine glassines, seedling seedlings, seed seeds, item items", ",") {
		t.add(counter, 0, strings.Fields(list)[0], list)
	}
}

func (t table) grammar() {
	t.mark(stop, "of or but nor as that which who whom whose when while where if than then because it they he she we "+
		"i you him them did do does will would can could may might shall should must says said per not no and & "+
		"told")
	t.mark(stop|preposition, "to for with within without via before after during since until through against over "+
		"under between about among amongst amid despite like upon following including")
	t.mark(stop|place|preposition, "in inside into from on onto aboard behind beneath at near by around outside "+
		"underneath using through under for to against about over")
	t.mark(preposition, "of")
	t.mark(place, "drive drives drove driving rode riding boarded searched searching search stopped entered raided "+
		"raiding")
	t.mark(determiner, "the this that these those his her my our your their its some any several many few more other "+
		"others further each every all both")
	t.mark(stop, "is are was were be been being am has have had having")
	t.mark(auxOne, "was is has wasn't isn't hasn't")
	t.mark(auxMany, "were are have weren't aren't haven't")
	t.mark(auxAny, "had been being be got hadn't")
	t.mark(adverb, "already also since still now later subsequently then allegedly reportedly currently previously "+
		"first initially recently briefly immediately eventually finally quickly soon just never originally today "+
		"yesterday tonight again formally jointly separately each all both earlier so far wrongly wrongfully "+
		"unlawfully back not never yet still criminally")
	t.mark(period, "year years month months week weeks day days hour hours minute minutes second seconds metre "+
		"metres meter meters mile miles km kilometre kilometres feet foot ft inch inches mm cm yards yard acres "+
		"hectares degrees times time per percent cent points point am pm a.m p.m mph weekend weekends decade "+
		"decades century night nights count counts charge charges offence offences offense offenses o'clock hrs gmt "+
		"bst minutes' calibre caliber gauge mm-calibre mph p pence cents raid raids address addresses occasion "+
		"occasions")
	t.mark(heap, "haul hauls stash stashes cache caches consignment consignments shipment shipments load loads "+
		"seizure seizures farm farms site sites grow grows pile factory factories lab labs laboratory laboratories "+
		"cultivation cultivations operation stockpile stockpiles deal quantity amount supply supplies collection "+
		"cargo bust den find discovery discoveries recovery proceeds money")
	t.mark(agent, "officer officers unit units team teams squad dealer dealers dealing trafficking trafficker "+
		"traffickers smuggling smuggler smugglers crime crimes offence offences offense offenses charge charges "+
		"gang gangs cartel cartels trade abuse user users addict addicts lord lords baron ring network test tests "+
		"licence licences license licenses certificate certificates possession act law laws legislation control "+
		"controls violence attack attacks chase crash park driver drivers owner owners owners' expert experts "+
		"supplier suppliers supplying supply importation conspiracy case cases enforcement squad detectives "+
		"detective agency agents administration policy rehabilitation addiction overdose deaths death incident "+
		"incidents investigation inquiry probe market kingpin mule mules courier couriers runner runners machine "+
		"machines driving shop store dealership detection dog dogs sniffer amnesty ban culture fight stop search "+
		"searches raid raids surrender training range barrel tip tips theft thefts bomber bombers bombing bombings "+
		"attacker attackers maker makers stabbing shooting wound wounds point fire battle lovers lover keys key "+
		"call calls paraphernalia pipe pipes proof resistant strapped flow register running inspection inspections "+
		"door doors boot boots window windows cover")
	t.mark(verb, "contain containing contained carrying hiding possessing seized recovered found discovered "+
		"confiscated taken uncovered intercepted impounded")
}

func (t table) people() {
	t.mark(person, "man woman boy girl person teenager youth suspect individual adult juvenile child pensioner "+
		"brother sister driver passenger gunman protester protestor demonstrator member official migrant student "+
		"militant terrorist national citizen resident smuggler dealer robber burglar thief motorist activist fan "+
		"supporter soldier teen schoolboy schoolgirl mother father son daughter wife husband lady male female "+
		"grandfather grandmother teacher doctor nurse worker builder businessman politician minister mp journalist "+
		"reporter killer murderer attacker bomber knifeman rapist fraudster hacker trafficker offender criminal "+
		"fugitive defendant accomplice accountant lawyer councillor footballer player singer rapper actor director "+
		"manager owner pilot captain rioter looter extremist islamist jihadist follower associate recruit insurgent "+
		"rebel guerrilla policeman policewoman officer constable guard cyclist rider pedestrian shopkeeper priest "+
		"imam cleric leader boss lorry-driver sailor tourist visitor neighbour neighbor friend partner girlfriend "+
		"boyfriend fiance cop prisoner inmate relative cousin uncle aunt nephew niece parent owner founder banker "+
		"dad mum mom guy veteran employee employer candidate tenant landlord kidnapper gangster mobster fisherman "+
		"farmer trader executive briton frenchman frenchwoman irishman scotsman englishman dutchman")
	t.mark(persons, "men women boys girls persons people teenagers youths suspects individuals adults juveniles "+
		"children pensioners brothers sisters drivers passengers gunmen protesters protestors demonstrators members "+
		"officials migrants students militants terrorists nationals citizens residents smugglers dealers robbers "+
		"burglars thieves motorists activists fans supporters soldiers teens schoolboys schoolgirls ladies males "+
		"females teachers doctors nurses workers businessmen politicians ministers mps journalists reporters "+
		"killers attackers bombers rapists fraudsters hackers traffickers offenders criminals fugitives defendants "+
		"accomplices lawyers councillors footballers players directors managers owners pilots rioters looters "+
		"extremists islamists jihadists followers associates recruits insurgents rebels guerrillas policemen "+
		"officers constables guards cyclists riders leaders sailors tourists visitors friends prisoners inmates "+
		"relatives cousins parents britons frenchmen irishmen refugees gangsters mobsters fishermen farmers traders "+
		"executives employees olds cops crew hooligans revellers partygoers addicts pirates spies agents "+
		"subversives")
	t.add(persons, 2, "", "pair couple duo twins")
	t.add(persons, 3, "", "trio")
	t.add(persons, 4, "", "quartet")
	t.mark(pronoun, "he she him himself herself")
	t.mark(common, "police met court crown magistrates detectives detective the on in at after later officers "+
		"customs border force authorities prosecutors interpol europol fbi nca dea mi5 army navy government garda "+
		"gardai constabulary british scottish english welsh irish french german italian spanish american australian "+
		"dutch federal state county city national counter terrorism operation terror cnn reuters ap afp bbc "+
		"exclusive breaking update video watch local act misuse office islamic airport street road north south east "+
		"west central district island islands united kingdom states")
}

func (t table) actions() {
	t.mark(trigger|stop, "arrested arresting detained detaining captured nabbed apprehended caught quizzed "+
		"questioned charged charging indicted convicted sentenced jailed imprisoned remanded prosecuted accused "+
		"custody held holding arrests detains rounded busted collared")
	t.mark(trigger, "arrest detain apprehend capture charge convict prosecute")
	t.mark(trigger|nominal, "arrest arrests detention detentions capture conviction convictions prosecution "+
		"prosecutions charges trial")
	t.mark(verb, "arrested detained charged held")
}

"""Names of drugs and words of indications: what directions may speak of beside dose and frequency.

``|`` stands between spellings, and one may have several words; abbreviations go under the drug's name, brands stand by
themselves.
"""

from __future__ import annotations

import re
from typing import Final

from core.rules.sig.vocabulary import spellings, word_set

_DRUG_NAMES: Final = (
    "semaglutide", "tirzepatide", "liraglutide",
    "dulaglutide", "exenatide", "retatrutide", "cagrilintide", "insulin", "metformin", "phentermine",
    "topiramate", "bupropion", "testosterone", "cypionate|cyp", "enanthate", "propionate", "undecanoate", "nandrolone",
    "oxandrolone", "stanozolol", "trenbolone", "anastrozole", "letrozole", "exemestane", "clomiphene",
    "enclomiphene", "tamoxifen", "raloxifene", "cabergoline", "gonadorelin", "kisspeptin",
    "hcg|chorionic gonadotropin|human chorionic gonadotropin", "hmg|menotropins", "sermorelin", "tesamorelin",
    "ipamorelin", "cjc 1295|cjc - 1295", "bremelanotide|pt 141|pt - 141|pt141", "bpc 157|bpc - 157", "tb 500|tb - 500",
    "thymosin", "aod 9604|aod - 9604", "mots c", "ghk cu", "selank", "semax", "epitalon", "somatropin|hgh",
    "oxytocin", "tadalafil", "sildenafil", "vardenafil", "avanafil", "apomorphine", "papaverine",
    "phentolamine", "alprostadil", "trimix", "bimix", "quadmix", "naltrexone|ldn", "minoxidil", "finasteride",
    "dutasteride", "spironolactone", "tretinoin", "hydroquinone", "niacinamide", "azelaic acid", "ketoconazole",
    "clindamycin", "ivermectin", "metronidazole", "fluconazole", "doxycycline", "valacyclovir", "acyclovir",
    "levothyroxine|t 4", "liothyronine|t 3", "thyroid",
    "progesterone", "pregnenolone", "dhea|prasterone", "estradiol", "estriol", "estrone",
    "biest|bi est", "triest|tri est", "melatonin", "prednisone", "dexamethasone", "hydrocortisone", "methylcobalamin",
    "cyanocobalamin", "hydroxocobalamin", "vitamin b12|vitamin b 12|vitamin b - 12|b12|b 12|b - 12",
    "vitamin d|vitamin d3|vitamin d 3|cholecalciferol", "vitamin c|ascorbic acid", "biotin", "folic acid|methylfolate",
    "levocarnitine|carnitine|l carnitine", "methionine", "inositol", "choline", "lipo c", "lipo b", "glycine",
    "pyridoxine", "thiamine", "riboflavin", "glutathione", "nad|nad +|nicotinamide adenine dinucleotide", "nmn",
    "zinc", "magnesium", "ketamine", "lidocaine|lignocaine", "gabapentin", "baclofen", "cyclobenzaprine", "diclofenac",
    "meloxicam", "ketoprofen", "amitriptyline", "rapamycin|sirolimus", "methylene blue", "modafinil", "ondansetron",
    "famotidine", "omeprazole", "epinephrine", "benzocaine", "methotrexate", "warfarin", "heparin", "enoxaparin",
    "furosemide", "lisinopril", "atorvastatin", "escitalopram", "sertraline", "trazodone", "oxycodone", "morphine",
)  # fmt: skip
"""Drugs that clinics of this kind prescribe or that their patients also take."""

BRANDS: Final = (
    "Ozempic", "Wegovy", "Rybelsus", "Mounjaro", "Zepbound", "Saxenda", "Victoza", "Trulicity", "Bydureon", "Byetta",
    "Contrave", "Qsymia", "Arimidex", "Clomid", "Cialis", "Viagra", "Levitra", "Stendra", "Addyi", "Vyleesi",
    "Synthroid", "Levoxyl", "Tirosint", "Cytomel", "Armour Thyroid", "NP Thyroid", "Prometrium", "Estrace", "Intrarosa",
    "Depo Testosterone", "Xyosted", "AndroGel", "Testim", "Jatenzo", "Propecia", "Proscar", "Avodart", "Rogaine",
    "Loniten", "Retin A", "Renova", "Tri Luma", "Revia", "Vivitrol", "Pitocin", "Egrifta",
)  # fmt: skip
"""Finished products: a compounded SKU is none of them, whatever it holds."""

DRUGS: Final = {spelling: table.partition("|")[0] for table in _DRUG_NAMES for spelling in spellings(table)} | {
    tuple(re.findall(r"[a-z]+", brand.casefold())): brand for brand in BRANDS
}
"""A drug's name by each of its spellings."""

ALSO_NAMED: Final = {
    "methylcobalamin": ("vitamin b12",),
    "cyanocobalamin": ("vitamin b12",),
    "hydroxocobalamin": ("vitamin b12",),
    "vitamin b12": ("methylcobalamin", "cyanocobalamin", "hydroxocobalamin"),
    "estradiol": ("biest", "triest"),
    "estriol": ("biest", "triest"),
    "methionine": ("lipo c", "lipo b"),
}
"""Names that a drug goes by together with others."""

MAY_BE_INDICATED: Final = frozenset({
    "testosterone", "estradiol", "estriol", "progesterone", "thyroid", "dhea", "vitamin b12", "vitamin d", "vitamin c",
    "zinc", "magnesium", "insulin", "glutathione", "nad",
})  # fmt: skip
"""Drugs that are a condition's word after "for": for testosterone deficiency."""

INDICATION_WORDS: Final = word_set(
    "abdominal ache aches aching acid acne acute adhd adjunct adrenal adult aging alertness allergic allergies"
    " allergy alopecia androgenetic androgenic anemia anti antiaging anxiety appetite arthritis asthma atrophic"
    " atrophy autoimmune back balance bladder bleeding blood bmi body bone bph brain breakthrough bronchitis"
    " burn burning calorie cardiovascular care chest cholesterol chronic circulation climacteric cognitive cold"
    " collagen comorbidities comorbidity complexion concentration condition conditions congestion constipation"
    " control controlling cough cramps dark deficiency deficit degenerative dementia depression dermatitis"
    " desire detox detoxification diabetes diarrhea diarrhoea diet dieting discomfort disease disorder"
    " disorders dizziness drive dry dryness dysfunction dyspareunia eczema ed edema elevated endometrial"
    " endometriosis endurance energy enhancement erectile erection erections esteem estrogen excess exercise"
    " eye facial failure fat fatigue female fertility fever fibromyalgia flashes fluid flushes focus fog"
    " function fungal general gerd gland glp glucose glycemic gout growth gut hair hashimoto hashimoto's"
    " hashimotos headache headaches healing health healthy heart heartburn helps high hives hormonal hormone"
    " hot hrt hsdd hyperpigmentation hypertension hypo hypoactive hypogonadism hypogonadotropic hypothyroidism"
    " immune immunity improve improvement induced infection infertility inflammation inflammatory injury"
    " insomnia insufficiency insulin intercourse irritation itch itching joint joints kidney lean level levels"
    " libido lipid liver loss low lower lowering lubrication lupus male man management mass melasma memory men"
    " men's menopausal menopause mens mental metabolic metabolism migraine migraines mild moderate mood muscle"
    " muscles my nasal nausea neck nerve neuropathic neuropathy obese obesity optimal osteopenia osteoporosis"
    " overweight pain painful patient pattern pcos peptide performance perimenopausal perimenopause"
    " pharmacotherapy pigmentation pms polycystic postmenopausal premature premenstrual pressure prevention"
    " prostate prostatic protection psoriasis quality reaction recovery reduction reflux relapse relief repair"
    " replacement resistance restless rosacea scalp severe sex sexual sinus skin sleep sleeping"
    " sleeplessness soreness spasm spasms spots stiffness strength stress stubborn sugar support swelling"
    " symptom symptoms syndrome the their therapy thinning this thyroiditis tired tiredness tissue tone"
    " treatment trt tt type ulcers underactive urinary uti vaginal vasomotor vertigo vitality vitamin vitiligo"
    " volume vomiting vulvar vulvovaginal wasting weakness weight wellness woman women women's wound wrinkles"
)
"""What may stand after "for" and "as needed" and leaves dose and frequency alone; any other word there is not read."""

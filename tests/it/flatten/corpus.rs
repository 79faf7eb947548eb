//! Real documents of many vendors: every section is found, and its element by its path.

use ccda_export::ccda;

use crate::corpus_check::bodies;

#[test]
fn every_section_of_every_real_document_is_a_row_and_is_found_by_its_path() {
    let Some(bodies) = bodies() else { return };
    let (mut documents, mut sections, mut known, mut with_text) = (0, 0, 0, 0);
    for (path, body) in bodies {
        let flat = ccda::flatten(&body);
        let Ok(chart) = ccda::check(&body) else { continue };
        documents += 1;
        assert_eq!((flat.sections.len(), flat.issues.len()), (chart.sections as usize, 0), "{path}");
        let entries: u32 = flat.sections.iter().map(|section| section.entries).sum();
        // Not those that lie in no section.
        assert_eq!(entries, chart.outline.0.values().sum::<u32>(), "{path}");
        for section in &flat.sections {
            let element = ccda::element_at(&body, &section.path).unwrap_or_else(|| panic!("{path}: nothing at {}", section.path));
            assert!(element.starts_with('<') && element.contains("section"), "{path}: {}", section.path);
            sections += 1;
            known += usize::from(section.name.is_some());
            with_text += usize::from(section.text.is_some());
        }
    }
    eprintln!("{documents} documents, {sections} sections: {known} of the guide's, {with_text} with text");
    assert!(documents > 300 && known * 10 > sections * 8, "{known} of {sections} sections are known");
}
